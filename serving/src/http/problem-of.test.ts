import { describe, expect, it } from '@jest/globals';
import { problemOf } from './problem-of.js';
import { Problem } from './problem.js';

describe('an error while a request is answered', () => {
  it.each([
    ['of ours stays what it is', new Problem('invalid-row', 'See errors.'), 400, 'invalid-row'],
    ['of Fastify about the size', { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 413, 'body-too-large'],
    ['that Nest wrapped keeps its status', { status: 415 }, 415, 'unsupported-media-type'],
    [
      'of the HTTP parser is the fault of the client',
      { code: 'HPE_INVALID_METHOD', statusCode: 400 },
      400,
      'invalid-request',
    ],
    ['that nobody expected', new TypeError('secret'), 500, 'internal-error'],
    ['that is no error', 'secret', 500, 'internal-error'],
  ])('%s', (_, error: unknown, status, kind) => {
    const document = problemOf(error).document('r-1');
    expect(document).toMatchObject({ status, type: `urn:churnops:problem:${kind}`, requestId: 'r-1' });
    expect(JSON.stringify(document)).not.toContain('secret');
  });
});
