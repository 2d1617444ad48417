import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Connection } from './connection.js';

const get = { method: 'GET', path: '/api' } as const;

let server: Server;
let connection: Connection;
let config: KubeConfig;

afterEach(async () => {
  await connection.close();
  server.closeAllConnections();
  server.close();
});

/** A connection to a server that answers like this, with the token `old`. */
async function connect(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer(answer);
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: `http://127.0.0.1:${port}/behind/a/proxy/`, skipTLSVerify: true }],
    users: [{ name: 'u', token: 'old' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  connection = await Connection.open(config);
}

describe('a connection', () => {
  it('reads a token that was renewed, and calls once more', async () => {
    const seen: (string | undefined)[] = [];
    await connect(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(headers.authorization === 'Bearer new' ? 200 : 401).end('{"ok":true}');
    });
    config.users = [{ name: 'u', token: 'new' }];
    expect(await connection.call(get)).toEqual({ code: 200, body: { ok: true } });
    await connection.call(get);
    expect(seen).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  it('gives up after the second 401, and never tells the token', async () => {
    let calls = 0;
    await connect((_, response) => {
      calls += 1;
      response.writeHead(401).end();
    });
    const error = await connection.call(get).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'ApiError', code: 401 });
    expect([calls, String(error).includes('old')]).toEqual([2, false]);
  });

  it('keeps the path of a server behind a proxy', async () => {
    await connect(({ url }, response) => response.end(JSON.stringify(url)));
    expect((await connection.call({ ...get, query: { limit: '1', continue: undefined } })).body).toBe(
      '/behind/a/proxy/api?limit=1',
    );
  });

  it.each([
    ['cut off', (_: IncomingMessage, response: ServerResponse) => response.destroy()],
    ['not JSON', (_: IncomingMessage, response: ServerResponse) => response.end('<html>')],
  ])('does not know what came of a call whose answer is %s', async (_, answer) => {
    await connect((request, response) => {
      answer(request, response);
    });
    await expect(connection.call(get)).rejects.toMatchObject({ name: 'ApiUnreachable' });
  });

  it('puts lines together that come in pieces', async () => {
    const [first = 0, ...rest] = Buffer.from('{"a":"é"}\n\n{"b":1}\n');
    await connect((_, response) => {
      response.write(Buffer.from([first, ...rest.slice(0, 6)]));
      setImmediate(() => response.end(Buffer.from(rest.slice(6))));
    });
    const lines: string[] = [];
    const { signal } = new AbortController();
    for await (const line of connection.lines({ ...get, signal, silenceSeconds: 60 })) lines.push(line);
    expect(lines).toEqual(['{"a":"é"}', '{"b":1}']);
  });
});
