import { isIP, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { loginSecretKeys, type TrainingInput } from '@churnops/crds';
import { Client } from 'pg';
import Cursor from 'pg-cursor';
import { dataInvalid } from '../failure.js';
import { checkLiteral, guardedLookup } from '../network/address-guard.js';
import { patienceOf, type FetchOptions } from './fetch-object.js';
import { explainPostgres, type Database } from './postgres-problem.js';
import type { LocalTable } from './prepared-data.js';
import { missingKey, readSecretKey } from '../network/secret-file.js';
import { SizeBudget, storeBytes } from './store-bytes.js';
import { dataService } from '../network/service.js';
import { trustedCertificates } from '../network/trusted-certificates.js';
import { withRetry } from '../network/with-retry.js';

/** Rows that are asked for at once. */
const ROWS_AT_ONCE = 1000;

/** So much longer than the database's own limit an answer is waited for, in milliseconds. */
const GRACE_MS = 30_000;

interface Access {
  readonly database: Database;
  readonly query: string;
  readonly username: string;
  readonly password: string | undefined;
  /** Undefined: in clear. */
  readonly tls: ConnectionOptions | undefined;
  readonly timeoutMs: number;
  readonly options: FetchOptions;
}

/** Downloads the rows of a query as JSON lines, with three tries. */
export async function fetchPostgres(data: TrainingInput['data'], options: FetchOptions): Promise<LocalTable> {
  const access = await readAccess(data, options);
  const { database } = access;
  const path = join(options.workspace, 'table');
  const stored = await withRetry(() => withConnection(access, (connection) => download(connection, path, access)), {
    explain: (cause) => explainPostgres(cause, database),
    signal: options.signal,
    pausesMs: patienceOf(options).pausesMs,
  });
  if (stored.bytes === 0) {
    throw dataInvalid(`The query of spec.data.query gives no rows from ${database.uri}: look at its conditions.`);
  }
  return { parts: [{ path, name: "The query's result" }], uri: database.uri, format: 'JsonLines', ...stored };
}

async function readAccess(data: TrainingInput['data'], options: FetchOptions): Promise<Access> {
  const database = parseUri(data.uri);
  const { tlsMode = 'VerifyFull', statementTimeoutSeconds = 300 } = data.postgres ?? {};
  if (data.query === undefined)
    throw dataInvalid(`${data.uri} needs spec.data.query: the SELECT whose rows are the table.`);
  if (options.credentials === undefined) {
    throw dataInvalid(`${data.uri} needs spec.data.secretRef: a Secret with username and password.`);
  }
  const username = await readSecretKey(options.credentials, loginSecretKeys.username);
  if (username === undefined) throw missingKey(loginSecretKeys.username, dataService);
  const certificates = await trustedCertificates(options.caFile, dataService);
  return {
    database,
    query: data.query.replace(/[;\s]+$/, ''),
    username,
    password: await readSecretKey(options.credentials, loginSecretKeys.password),
    tls: tlsMode === 'Disable' ? undefined : tlsOptions(database.host, tlsMode === 'VerifyFull', certificates),
    timeoutMs: statementTimeoutSeconds * 1000,
    options,
  };
}

function parseUri(uri: string): Database {
  const url = URL.parse(uri);
  const name = url === null ? '' : decoded(url.pathname.slice(1));
  if (url === null || url.hostname === '' || name === '' || url.username !== '' || url.search !== '') {
    throw dataInvalid(
      'spec.data.uri is not of the form postgres://HOST:PORT/DATABASE: the login belongs into the Secret of spec.data.secretRef.',
    );
  }
  return { uri, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 5432), name };
}

/** Empty when it is not well encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function tlsOptions(host: string, verify: boolean, certificates: string[] | undefined): ConnectionOptions {
  return {
    host,
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: verify,
    ...(certificates && { ca: certificates }),
  };
}

interface Connection {
  readonly client: Client;
  /** Ends whatever is under way. */
  readonly break: (reason: Error) => void;
}

async function withConnection<T>(access: Access, use: (connection: Connection) => Promise<T>): Promise<T> {
  const { database, username, password, tls, options } = access;
  const socket = new GuardedSocket(database);
  const client = new Client({
    host: database.host,
    port: database.port,
    database: database.name,
    user: username,
    ...(password !== undefined && { password }),
    ssl: tls ?? false,
    connectionTimeoutMillis: patienceOf(options).connectMs,
    keepAlive: true,
    application_name: 'churnops-trainer',
    stream: () => socket,
  });
  // Whatever breaks the connection is told to who waits for an answer; without a listener it would end the process.
  client.on('error', () => undefined);
  // Of the two the client now speaks through, TLS or not, the other does not notice.
  const stop = (reason?: Error) => {
    client.connection.stream.destroy(reason);
    socket.destroy();
  };
  const interrupt = () => {
    stop();
  };
  options.signal?.addEventListener('abort', interrupt, { once: true });
  try {
    await client.connect();
    const result = await use({ client, break: stop });
    // The client waits for ever for the end of a connection that has ended already.
    await Promise.race([client.end(), sleep(1000, undefined, { ref: false })]);
    return result;
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
    stop();
  }
}

/** Who names a database means it, in whatever network it is; only where never one is, it is not looked for. */
class GuardedSocket extends Socket {
  readonly #database: Database;

  constructor(database: Database) {
    super();
    this.#database = database;
  }

  override connect(): this {
    const { host, port } = this.#database;
    const guard = { refusesPrivate: () => false };
    checkLiteral(host, guard);
    return super.connect({ host, port, lookup: guardedLookup(guard) });
  }
}

/** Reads in a transaction that can't write, and through the protocol that takes one statement only. */
async function download(connection: Connection, path: string, access: Access) {
  const { client } = connection;
  const { query, timeoutMs, database, options } = access;
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET LOCAL statement_timeout = ${timeoutMs}`);
  await client.query("SET LOCAL TimeZone = 'UTC'");
  // The line end closes a comment that the query may end with.
  const { fields } = await client.query(`SELECT * FROM (${query}\n) AS asked LIMIT $1`, [0]);
  checkNames(fields.map(({ name }) => name));
  const cursor = client.query(
    new Cursor<[string]>(`SELECT row_to_json(asked.*)::text FROM (${query}\n) AS asked`, [], { rowMode: 'array' }),
  );
  const budget = new SizeBudget(database.uri);
  return storeBytes(
    lines(cursor, () => timer(connection, timeoutMs)),
    path,
    { budget, signal: options.signal },
  );
}

/** JSON can hold one of two columns of a name. */
function checkNames(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw dataInvalid(`The query's result has two columns named "${repeated}": give one another name, or leave it out.`);
}

async function* lines(cursor: Cursor<[string]>, guard: () => NodeJS.Timeout): AsyncGenerator<Buffer> {
  for (;;) {
    const waiting = guard();
    const rows = await cursor.read(ROWS_AT_ONCE).finally(() => {
      clearTimeout(waiting);
    });
    if (rows.length === 0) return;
    // Line ends stand only between the parts of a column of type json: in texts they are escaped.
    yield Buffer.from(rows.map(([row]) => `${row.replaceAll(/[\r\n]/g, ' ')}\n`).join(''));
  }
}

/** A database that is gone answers not even that it took too long. */
function timer(connection: Connection, timeoutMs: number): NodeJS.Timeout {
  return setTimeout(() => {
    connection.break(new Error('The database stopped answering'));
  }, timeoutMs + GRACE_MS).unref();
}
