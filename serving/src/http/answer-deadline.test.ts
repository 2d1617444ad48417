import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { limitAnswerTime } from './answer-deadline.js';

let server: FastifyInstance;
beforeEach(() => {
  server = fastify();
  limitAnswerTime(server, 20);
});
afterEach(() => server.close());

describe('a request', () => {
  it('that is not answered in time is answered 503, and says when to try again', async () => {
    server.get('/never', () => new Promise(() => undefined));
    const answer = await server.inject('/never');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({
      'retry-after': '1',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(answer.json()).toMatchObject({ type: 'urn:churnops:problem:answer-timeout', status: 503 });
  });

  it('that is answered in time is not disturbed, whatever else is late', async () => {
    server.get('/never', () => new Promise(() => undefined));
    server.get('/now', () => ({ ok: true }));
    const late = server.inject('/never');
    expect((await server.inject('/now')).json()).toEqual({ ok: true });
    expect((await late).statusCode).toBe(503);
    expect((await server.inject('/now')).statusCode).toBe(200);
  });
});
