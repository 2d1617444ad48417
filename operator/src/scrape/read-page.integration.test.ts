import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { ports } from '@churnops/crds';
import { readPage } from './read-page.js';

// All of 127.0.0.0/8 is this machine, and the port of metrics is fixed: an address of its own collides with nobody.
const ADDRESS = `127.${80 + (process.pid % 100)}.7.9`;

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

async function listen(listener: RequestListener): Promise<void> {
  server = createServer(listener).listen(ports.metrics.number, ADDRESS);
  await once(server, 'listening');
}

describe('the metrics page of a pod', () => {
  it('is read as it is', async () => {
    await listen((_, response) => response.end('up 1\n'));
    expect(await readPage(ADDRESS)).toBe('up 1\n');
  });

  it('is none where the pod sends the reader elsewhere', async () => {
    let asked = 0;
    await listen(({ url }, response) => {
      asked += url === '/metrics' ? 0 : 1;
      response.writeHead(302, { location: `http://${ADDRESS}:${ports.metrics.number}/secret` }).end();
    });
    await expect(readPage(ADDRESS)).rejects.toThrow();
    expect(asked).toBe(0);
  });

  it('is none where the pod answers with an error, or with too much', async () => {
    await listen((_, response) => response.writeHead(500).end());
    await expect(readPage(ADDRESS)).rejects.toThrow('status 500');
    server?.close();
    await listen((_, response) => response.end(Buffer.alloc(5_000_000, 'x')));
    await expect(readPage(ADDRESS)).rejects.toThrow('longer than');
  });
});
