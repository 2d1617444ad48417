import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingInput } from '@churnops/crds';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCertificate, type ServerCertificate } from '../fixtures/certificates.js';
import { portOf } from '../fixtures/port-of.js';
import { problemOf } from '../fixtures/problem-of.js';
import { trainingData } from '../fixtures/training-data.js';
import { fetchObject, type FetchOptions } from './fetch-object.js';

const TABLE = 'a,b\n1,2\n';

let folder: string;
let certificate: ServerCertificate;
let server: Server;
let other: Server;
/** What was asked for, with the header of the login. */
let asked: string[];
const servers: Server[] = [];

async function listen<T extends Server>(listening: T): Promise<T> {
  servers.push(listening);
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  return listening;
}

function origin(of = server, host = 'localhost'): string {
  return `https://${host}:${portOf(of)}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-https-'));
  certificate = await makeCertificate(folder);
  for (const [name, keys] of Object.entries({
    login: { username: 'reader', password: 'hunter2' },
    token: { token: 'sesame' },
    empty: {},
  })) {
    await mkdir(join(folder, name));
    for (const [key, value] of Object.entries(keys)) await writeFile(join(folder, name, key), value);
  }
  await writeFile(join(folder, 'no-ca.crt'), 'not a certificate');
  server = await listen(createServer(certificate, answer));
  other = await listen(createServer(certificate, answer));
});

beforeEach(() => {
  asked = [];
});

afterAll(async () => {
  for (const each of servers) {
    each.closeAllConnections();
    each.close();
  }
  await rm(folder, { recursive: true });
});

interface Asked {
  readonly path: string;
  /** What stands behind the first word of the path. */
  readonly detail: string;
  /** How often it has been asked for. */
  readonly times: number;
  readonly response: ServerResponse;
}

function send({ response }: Asked, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(TABLE);
}

/** What the server does by the first word of a path; by no word it stays silent. */
const answers: Readonly<Record<string, (asking: Asked) => void>> = {
  good: (asking) => {
    send(asking, 200, { etag: 'W/"abc"' });
  },
  status: (asking) => {
    send(asking, Number(asking.detail));
  },
  busy: (asking) => {
    send(asking, asking.times < 3 ? 503 : 200);
  },
  page: (asking) => {
    send(asking, 200, { 'content-type': 'text/html; charset=utf-8' });
  },
  to: (asking) => {
    send(asking, 302, { location: decodeURIComponent(asking.detail) });
  },
  again: (asking) => {
    send(asking, 302, { location: asking.path });
  },
  huge: ({ response }) => {
    response.writeHead(200, { 'content-length': 3 * 1024 ** 3 }).write('a,b\n');
  },
  cut: ({ response, times }) => {
    response.writeHead(200, { 'content-length': TABLE.length }).write('a,', () => {
      if (times < 3) response.destroy();
      else response.end(TABLE.slice(2));
    });
  },
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  asked.push(`${path} ${request.headers.authorization ?? '-'}`);
  const [, word = '', detail = ''] = /^\/([a-z-]+)\/?(.*)\.csv/.exec(path) ?? [];
  const times = asked.filter((each) => each.startsWith(path)).length;
  answers[word]?.({ path, detail, times, response });
}

function to(location: string): string {
  return `${origin()}/to/${encodeURIComponent(location)}.csv`;
}

type Circumstances = Partial<FetchOptions> & { https?: TrainingInput['data']['https'] };

function fetch(uri: string, { https = { addressPolicy: 'AllowPrivate' }, ...more }: Circumstances = {}) {
  const options = { dataRoot: folder, workspace: folder, caFile: certificate.caFile, ...more };
  return fetchObject(trainingData(uri, { https }), { patience: { pausesMs: [10, 10] }, ...options });
}

describe('a table at an https address', () => {
  it('comes with its identity', async () => {
    const table = await fetch(`${origin()}/good/table.csv`);
    expect(table).toMatchObject({
      uri: `${origin()}/good/table.csv`,
      format: 'Csv',
      bytes: 8,
      etag: 'abc',
      sha256: createHash('sha256').update(TABLE).digest('hex'),
    });
    expect(await readFile(table.parts[0]?.path ?? '', 'utf8')).toBe(TABLE);
  });

  it('comes with a signature in its address, which is told nobody', async () => {
    const table = await fetch(`${origin()}/good/table.csv?X-Signature=hunter2`);
    expect(table.uri).toBe(`${origin()}/good/table.csv`);
    expect(asked).toEqual(['/good/table.csv?X-Signature=hunter2 -']);
    expect(await problemOf(fetch(`${origin()}/status/403.csv?X-Signature=hunter2`))).not.toContain('hunter2');
  });

  it.each([
    ['a name and a password', 'login', `Basic ${Buffer.from('reader:hunter2').toString('base64')}`],
    ['a token', 'token', 'Bearer sesame'],
  ])('comes for %s, which another host is not told', async (_, name, header) => {
    await fetch(to(`${origin(other)}/good/table.csv`), { credentials: join(folder, name) });
    expect(asked.map((each) => each.replace(/^\S+ /, ''))).toEqual([header, '-']);
  });

  it.each(['busy', 'cut'])('comes at the third try (%s)', async (word) => {
    expect(await fetch(`${origin()}/${word}/table.csv`)).toMatchObject({ bytes: 8 });
    expect(asked).toHaveLength(3);
  });

  it('is not waited for when the process was told to end', async () => {
    const reason = new Error('told to end');
    const ending = new AbortController();
    const fetched = fetch(`${origin()}/silent/table.csv`, { signal: ending.signal });
    ending.abort(reason);
    await expect(fetched).rejects.toBe(reason);
  });

  it.each([
    ['status/401', /^3 DataUnreachable: localhost:\d+ refuses .*401\): name a Secret with a login/],
    ['status/404', /^2 DataInvalid: localhost:\d+ has no file https:.*404\.csv\.$/],
    ['status/418', /^3 DataUnreachable: .*HTTP status 418/],
    ['status/500', /^3 DataUnreachable: .*HTTP status 500/],
    ['page/login', /^2 DataInvalid: .*is a web page/],
    ['huge/table', /^2 DataInvalid: .*larger than 2 GiB/],
    ['again/table', /^2 DataInvalid: .*from redirect to redirect/],
    ['to/http%3A%2F%2Flocalhost%2Ftable', /^2 DataInvalid: .*without https/],
  ])('%s ends with a sentence', async (path, sentence) => {
    expect(await problemOf(fetch(`${origin()}/${path}.csv`))).toMatch(sentence);
  });

  it('ends with a sentence when the server says nothing', async () => {
    const patience = { connectMs: 2000, idleMs: 200, pausesMs: [1, 1] };
    const problem = await problemOf(fetch(`${origin()}/silent/table.csv`, { patience }));
    expect(problem).toMatch(/^3 DataUnreachable: localhost:\d+ can't be reached .*ETIMEDOUT/);
    expect(asked).toHaveLength(3);
  });

  it('ends with a sentence when the login is refused, or the Secret has none', async () => {
    const refused = fetch(`${origin()}/status/403.csv`, { credentials: join(folder, 'login') });
    expect(await problemOf(refused)).toMatch(/^3 DataUnreachable: .*check the keys in the Secret/);
    const none = fetch(`${origin()}/good/table.csv`, { credentials: join(folder, 'empty') });
    expect(await problemOf(none)).toMatch(/^3 SecretNotFound: .*no key username \(or token\)/);
  });

  it.each([
    ['ftp://host/table.csv', /^2 DataInvalid: .*begins with none of/],
    ['https://me:hunter2@localhost/table.csv', /^2 DataInvalid: spec\.data\.uri is not of the form/],
    ['https://localhost/table', /^2 DataInvalid: The format of https:\/\/localhost\/table is not known/],
    ['https://nowhere.invalid/table.csv', /^3 DataUnreachable: nowhere\.invalid can't be reached/],
  ])('%s ends with a sentence', async (uri, sentence) => {
    expect(await problemOf(fetch(uri))).toMatch(sentence);
  });
});

describe('the certificate of a server', () => {
  it('must be of a known CA', async () => {
    const options = { dataRoot: folder, workspace: folder, patience: { pausesMs: [1, 1] } };
    const data = trainingData(`${origin()}/good/table.csv`, { https: { addressPolicy: 'AllowPrivate' } });
    expect(await problemOf(fetchObject(data, options))).toMatch(/^3 DataUnreachable: .*not trusted .*caBundleRef/);
    expect(asked).toEqual([]);
  });

  it('is checked against a bundle that is there and holds certificates', async () => {
    const missing = fetch(`${origin()}/good/table.csv`, { caFile: join(folder, 'nothing.crt') });
    expect(await problemOf(missing)).toMatch(
      /^3 DataUnreachable: The object that spec\.data\.caBundleRef names does not exist/,
    );
    const wrong = fetch(`${origin()}/good/table.csv`, { caFile: join(folder, 'no-ca.crt') });
    expect(await problemOf(wrong)).toMatch(/^3 DataUnreachable: .*no certificates in PEM/);
  });
});

describe('a host of a private network', () => {
  it.each(['localhost', '127.0.0.1', '127.1', '[::ffff:127.0.0.1]'])(
    'is not asked unless the spec allows it: %s',
    async (host) => {
      const closed = { https: { addressPolicy: 'PublicOnly' as const } };
      const problem = await problemOf(fetch(`${origin(server, host)}/good/table.csv`, closed));
      expect(problem).toMatch(
        /^2 DataInvalid: .*in a private network: set spec\.data\.https\.addressPolicy to AllowPrivate/,
      );
      expect(asked).toEqual([]);
    },
  );

  it('is never the metadata service of a cloud, even by a redirect', async () => {
    const direct = await problemOf(fetch('https://169.254.169.254/latest/table.csv'));
    expect(direct).toMatch(/^2 DataInvalid: 169\.254\.169\.254.*no data may be fetched/);
    const redirected = await problemOf(fetch(to('https://169.254.169.254/latest/table.csv')));
    expect(redirected).toMatch(/^2 DataInvalid: 169\.254\.169\.254.*no data may be fetched/);
  });

  it('may redirect to another one when the spec allows it', async () => {
    expect(await fetch(to(`${origin(other)}/good/table.csv`))).toMatchObject({ bytes: 8 });
  });

  describe('beyond a proxy', () => {
    let proxy: Server;
    let proxied: string[];

    beforeAll(async () => {
      proxy = await listen(createHttpServer());
      proxy.on('connect', (request, client, head) => {
        proxied.push(request.url ?? '');
        const upstream = connect(Number(origin().split(':')[2]), '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          upstream.write(head);
          upstream.pipe(client).pipe(upstream);
        });
        upstream.on('error', () => client.destroy());
        client.on('error', () => upstream.destroy());
      });
    });

    beforeEach(() => {
      proxied = [];
    });

    afterEach(() => {
      proxy.closeAllConnections();
    });

    const through = () => ({
      HTTPS_PROXY: origin(proxy).replace('https:', 'http:'),
      NO_PROXY: 'localhost,127.0.0.1',
    });

    it('is the matter of the proxy', async () => {
      const options = { proxy: through(), https: { addressPolicy: 'PublicOnly' as const } };
      expect(await fetch('https://far.test/good/table.csv', options)).toMatchObject({ bytes: 8 });
      expect(proxied).toEqual(['far.test:443']);
    });

    it('must have a certificate for its own name', async () => {
      const problem = await problemOf(fetch('https://wrong.test/good/table.csv', { proxy: through() }));
      expect(problem).toMatch(/^3 DataUnreachable: The certificate of wrong\.test is for another host/);
    });

    it.each(['localhost', '127.0.0.1'])('is no place that a public host may redirect to: %s', async (host) => {
      const inside = `${origin(other, host)}/good/table.csv`;
      const uri = to(inside).replace(origin(), 'https://far.test');
      expect(await problemOf(fetch(uri, { proxy: through() }))).toMatch(
        /^2 DataInvalid: .*A public host may never redirect/,
      );
      expect(asked).toHaveLength(1);
    });
  });
});
