import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainingInput } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { makeCertificate, type ServerCertificate } from '../fixtures/certificates.js';
import { startPostgres } from '../fixtures/postgres-server.js';
import { problemOf } from '../fixtures/problem-of.js';
import type { ServerProgram } from '../fixtures/server-program.js';
import { trainingData } from '../fixtures/training-data.js';
import { fetchObject, type FetchOptions } from './fetch-object.js';
import { readTable } from './read-table.js';
import { cellAt } from './table.js';

const SETUP = `
CREATE ROLE reader LOGIN PASSWORD 'hunter2';
CREATE TABLE customers (id bigint, plan text, code varchar, calls int, charge numeric(9, 2), ratio float8, senior bool,
  since date, seen timestamptz, tags text[], extra json, big bigint, churn text);
INSERT INTO customers SELECT i, CASE WHEN i % 9 > 0 THEN (ARRAY['gold "x"', E'a\\\\b\\nc', 'späte'])[1 + i % 3] END, '00' || i, i % 50,
  i / 7.0, CASE WHEN i = 1 THEN 'NaN' ELSE i / 3.0 END, i % 4 = 0, DATE '2024-01-01' + i % 300,
  TIMESTAMPTZ '2026-01-01 00:00:00+02' + i * INTERVAL '1 minute', ARRAY['x'], E'{"a":\\n1}', 9007199254740993, 'Yes'
  FROM generate_series(0, 2499) AS i;
CREATE TABLE secrets (a int);
CREATE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM customers; RETURN 1; END $$;
GRANT SELECT ON customers TO reader;
GRANT DELETE ON customers TO reader;
`;

let folder: string;
let workspace: string;
let certificate: ServerCertificate;
let server: ServerProgram;
/** A server that speaks no TLS, and then nothing. */
let plain: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-postgres-'));
  workspace = join(folder, 'workspace');
  await mkdir(workspace);
  certificate = await makeCertificate(folder);
  for (const [name, keys] of Object.entries({
    login: { username: 'reader', password: 'hunter2' },
    'wrong-password': { username: 'reader', password: 'guessed' },
    'wrong-name': { username: 'nobody', password: 'hunter2' },
    'no-password': { username: 'reader' },
    empty: {},
  })) {
    await mkdir(join(folder, name));
    for (const [key, value] of Object.entries(keys)) await writeFile(join(folder, name, key), value);
  }
  server = await startPostgres(folder, 'root-password', certificate);
  await asRoot(SETUP);
  plain = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.write('N')));
  await once(plain.listen(0, '127.0.0.1'), 'listening');
});

afterAll(async () => {
  plain.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function asRoot(sql: string): Promise<void> {
  const login = { user: 'postgres', password: 'root-password', database: 'postgres' };
  const client = new Client({ host: '127.0.0.1', port: server.port, ...login });
  await client.connect();
  await client.query(sql);
  await client.end();
}

type Asking = Partial<FetchOptions> & { uri?: string; postgres?: TrainingInput['data']['postgres'] };

function uriOf(host = 'localhost', database = 'postgres', port = server.port): string {
  return `postgres://${host}:${port}/${database}`;
}

function fetch(query: string, { uri = uriOf(), postgres, ...more }: Asking = {}) {
  const options = { credentials: join(folder, 'login'), caFile: certificate.caFile, dataRoot: folder, workspace };
  const data = trainingData(uri, { query, ...(postgres && { postgres }) });
  return fetchObject(data, { patience: { pausesMs: [10, 10] }, ...options, ...more });
}

const tls = (tlsMode: 'VerifyFull' | 'Require' | 'Disable') => ({ tlsMode, statementTimeoutSeconds: 300 });

describe('the rows of a query', () => {
  it('are a table, of the types of the database', async () => {
    const table = await readTable(await fetch('SELECT * FROM customers ORDER BY id'));
    expect(table.rows).toBe(2500);
    const seen = table.columns.map((column) => [column.name, column.storedAs, cellAt(column, 1), cellAt(column, 9)]);
    expect(seen).toEqual([
      ['id', 'Number', 1, 9],
      ['plan', 'Text', 'a\\b\nc', null],
      ['code', 'Text', '001', '009'],
      ['calls', 'Number', 1, 9],
      ['charge', 'Number', 0.14, 1.29],
      ['ratio', 'Number', null, 3],
      ['senior', 'Boolean', false, false],
      ['since', 'Date', '2024-01-02', '2024-01-10'],
      ['seen', 'Date', '2025-12-31T22:01:00+00:00', '2025-12-31T22:09:00+00:00'],
      ['tags', 'Text', null, null],
      ['extra', 'Text', null, null],
      ['big', 'Text', '9007199254740993', '9007199254740993'],
      ['churn', 'Text', 'Yes', 'Yes'],
    ]);
  });

  it('have an identity without the login, the same each time', async () => {
    const query = 'SELECT id, plan FROM customers ORDER BY id';
    const first = await fetch(query);
    expect(first).toMatchObject({ uri: uriOf(), format: 'JsonLines' });
    const text = await readFile(first.parts[0]?.path ?? '', 'utf8');
    expect(text).toMatch(/^\{"id":0,"plan":null\}\n/);
    expect(first.bytes).toBe(Buffer.byteLength(text));
    expect((await fetch(query)).sha256).toBe(first.sha256);
  });

  it.each([
    ['a semicolon', 'SELECT id FROM customers;\n '],
    ['a comment', 'SELECT id FROM customers -- all of them'],
    ['a list of values', 'VALUES (1), (2)'],
    ['a WITH', 'WITH few AS (SELECT id FROM customers) SELECT * FROM few'],
    ['a column that is called like what we call the query', 'SELECT 1 AS asked, 2 AS row_to_json'],
  ])('may come of %s', async (_, query) => {
    expect((await readTable(await fetch(query))).rows).toBeGreaterThan(0);
  });

  it('are not waited for when the process was told to end', async () => {
    const reason = new Error('told to end');
    const ending = new AbortController();
    const fetched = fetch('SELECT pg_sleep(600)', { signal: ending.signal });
    setTimeout(() => {
      ending.abort(reason);
    }, 500);
    await expect(fetched).rejects.toBe(reason);
  });

  it.each([
    ['a table that is not there', 'SELECT * FROM custommers', /^2 DataInvalid: .*relation "custommers" does not exist/],
    [
      'a missing column',
      'SELECT cals FROM customers',
      /^2 DataInvalid: .*column "cals" does not exist.*customers\.calls/,
    ],
    ['a syntax error', 'SELECT FROM WHERE', /^2 DataInvalid: .*syntax error at or near "WHERE"/],
    ['no rows', 'SELECT * FROM customers WHERE id < 0', /^2 DataInvalid: The query of spec\.data\.query gives no rows/],
    [
      'two columns of a name',
      'SELECT a.id, b.id FROM customers a JOIN customers b USING (id)',
      /two columns named "id"/,
    ],
    ['no permission', 'SELECT * FROM secrets', /^3 DataUnreachable: .*permission denied for table secrets\): grant/],
    [
      'a value that can not be read',
      'SELECT plan::int FROM customers WHERE id = 1',
      /^2 DataInvalid: .*SQLSTATE 22P02/,
    ],
  ])('with %s end with a sentence', async (_, query, sentence) => {
    expect(await problemOf(fetch(query))).toMatch(sentence);
  });

  it('tell nothing of the values when a query fails', async () => {
    expect(await problemOf(fetch('SELECT code::date FROM customers WHERE id = 77'))).not.toContain('0077');
  });

  it('must come in time', async () => {
    const problem = await problemOf(
      fetch('SELECT pg_sleep(600)', { postgres: { tlsMode: 'VerifyFull', statementTimeoutSeconds: 1 } }),
    );
    expect(problem).toMatch(/^3 DataUnreachable: The query took too long .*statementTimeoutSeconds/);
  });
});

describe('a query that does more than read', () => {
  it.each([
    ['a second statement', 'SELECT 1; DELETE FROM customers', /syntax error at or near ";"/],
    [
      'a second statement after closing ours',
      'SELECT 1) AS x; DELETE FROM customers; SELECT * FROM (SELECT 1',
      /multiple commands/,
    ],
    ['the end of the transaction', 'SELECT 1) AS x; COMMIT; SELECT * FROM (SELECT 1', /multiple commands/],
    ['a DELETE in a WITH', 'WITH gone AS (DELETE FROM customers RETURNING id) SELECT * FROM gone', /data-modifying/],
    ['a DELETE', 'DELETE FROM customers', /syntax error/],
    ['a function that deletes', 'SELECT forget()', /writes to postgres:.*use a plain SELECT/],
    ['another transaction mode', "SELECT set_config('transaction_read_only', 'off', true)", /SQLSTATE|refuses/],
  ])('is refused: %s', async (_, query, sentence) => {
    const problem = await problemOf(fetch(query));
    expect(problem).toMatch(/^2 DataInvalid/);
    expect(problem).toMatch(sentence);
    expect((await readTable(await fetch('SELECT id FROM customers'))).rows).toBe(2500);
  });
});

describe('a database', () => {
  it.each(['wrong-password', 'wrong-name', 'no-password'])('refuses a wrong login: %s', async (name) => {
    const problem = await problemOf(fetch('SELECT 1', { credentials: join(folder, name) }));
    expect(problem).toMatch(/^3 DataUnreachable: .*refuses the login: check username and password/);
    expect(problem).not.toMatch(/hunter2|guessed/);
  });

  it('needs a login', async () => {
    const problem = await problemOf(fetch('SELECT 1', { credentials: join(folder, 'empty') }));
    expect(problem).toMatch(/^3 SecretNotFound: .*no key username/);
  });

  it.each([
    ['that is not there', () => uriOf('localhost', 'nothing'), /^2 DataInvalid: localhost has no database "nothing"/],
    ['that nobody runs', () => uriOf('localhost', 'postgres', 1), /^3 DataUnreachable: localhost:1 can't be reached/],
    ['without a host', () => uriOf('nowhere.invalid'), /^3 DataUnreachable: nowhere\.invalid:\d+ can't be reached/],
    [
      'at a metadata service',
      () => uriOf('169.254.169.254'),
      /^2 DataInvalid: 169\.254\.169\.254 .*no data may be fetched/,
    ],
    ['with a login in its uri', () => 'postgres://me:hunter2@localhost/x', /^2 DataInvalid: spec\.data\.uri is not/],
  ])('%s ends with a sentence', async (_, uri, sentence) => {
    const problem = await problemOf(fetch('SELECT 1', { uri: uri() }));
    expect(problem).toMatch(sentence);
    expect(problem).not.toContain('hunter2');
  });

  it('that is gone in the middle ends with a sentence', async () => {
    let problem: string | undefined;
    void problemOf(fetch('SELECT pg_sleep(600)')).then((found) => {
      problem = found;
    });
    // Each try is ended.
    while (problem === undefined) {
      await asRoot("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'reader'");
      await sleep(100);
    }
    expect(problem).toMatch(/^3 DataUnreachable: .*(SQLSTATE 57P01|can't be reached)/);
  });

  it('is read over TLS of a known CA unless the spec says otherwise', async () => {
    const options = {
      credentials: join(folder, 'login'),
      dataRoot: folder,
      workspace,
      patience: { pausesMs: [10, 10] },
    };
    const fetched = fetchObject(trainingData(uriOf(), { query: 'SELECT 1' }), options);
    expect(await problemOf(fetched)).toMatch(/^3 DataUnreachable: .*not trusted .*caBundleRef/);
    const data = trainingData(uriOf(), { query: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()' });
    const spoken: unknown[] = [];
    for (const mode of ['Require', 'Disable'] as const) {
      const table = await readTable(await fetchObject({ ...data, postgres: tls(mode) }, options));
      spoken.push(...table.columns.map((column) => cellAt(column, 0)));
    }
    expect(spoken).toEqual([true, false]);
  });

  it('must have a certificate of its own name, or of its address', async () => {
    expect(await fetch('SELECT 1', { uri: uriOf('127.0.0.1') })).toMatchObject({ format: 'JsonLines' });
  });

  it('without TLS ends with a sentence', async () => {
    const address = plain.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const problem = await problemOf(fetch('SELECT 1', { uri: uriOf('localhost', 'postgres', port) }));
    expect(problem).toMatch(/^3 DataUnreachable: .*does not speak TLS: set spec\.data\.postgres\.tlsMode to Disable/);
  });
});
