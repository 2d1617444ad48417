import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { basename, join } from 'node:path';
import { loginSecretKeys, type TrainingInput } from '@churnops/crds';
import { dataInvalid, dataUnreachable } from '../failure.js';
import { checkLiteral, guardedLookup, type Reach } from '../network/address-guard.js';
import { patienceOf, type FetchOptions } from './fetch-object.js';
import { networkProblem } from '../network/network-problem.js';
import type { LocalTable } from './prepared-data.js';
import { missingKey, readSecretKey } from '../network/secret-file.js';
import { SizeBudget, storeBytes } from './store-bytes.js';
import { tableFormat } from './table-format.js';
import { dataService } from '../network/service.js';
import { trustedCertificates } from '../network/trusted-certificates.js';
import { withRetry, type FailedTry } from '../network/with-retry.js';

const MAX_REDIRECTS = 5;

/** An address as it may be told: a signature that stands behind `?` is no part of it. */
interface Source {
  readonly url: URL;
  readonly uri: string;
}

interface Access {
  readonly options: FetchOptions;
  readonly certificates: string[] | undefined;
  /** Value of the header, for the first host alone. */
  readonly authorization: string | undefined;
  readonly allowPrivate: boolean;
}

/** Downloads a file, with three tries. */
export async function fetchHttps(data: TrainingInput['data'], options: FetchOptions): Promise<LocalTable> {
  const source = parseUri(data.uri);
  const format = tableFormat(source.uri, data.format);
  const access: Access = {
    options,
    certificates: await trustedCertificates(options.caFile, dataService),
    authorization: await readAuthorization(options.credentials),
    allowPrivate: data.https?.addressPolicy === 'AllowPrivate',
  };
  const path = join(options.workspace, 'table');
  const stored = await withRetry(() => download(source, path, access), {
    explain: (cause) => explain(cause, source),
    signal: options.signal,
    pausesMs: patienceOf(options).pausesMs,
  });
  return { parts: [{ path, name: basename(source.uri) }], uri: source.uri, format, ...stored };
}

function parseUri(text: string): Source {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') {
    throw dataInvalid(
      'spec.data.uri is not of the form https://HOST/PATH: credentials belong into the Secret of spec.data.secretRef.',
    );
  }
  return { url, uri: /^[^?#]*/.exec(text)?.[0] ?? '' };
}

async function readAuthorization(folder: string | undefined): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const [username, password, token] = await Promise.all([
    readSecretKey(folder, loginSecretKeys.username),
    readSecretKey(folder, loginSecretKeys.password),
    readSecretKey(folder, loginSecretKeys.token),
  ]);
  if (token !== undefined) return `Bearer ${token}`;
  if (username === undefined)
    throw missingKey(`${loginSecretKeys.username} (or ${loginSecretKeys.token})`, dataService);
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}

async function download(source: Source, path: string, access: Access) {
  const budget = new SizeBudget(source.uri);
  const { response, agent } = await follow(source, access);
  try {
    checkAnswer(response, source, access);
    budget.check(Number(response.headers['content-length'] ?? 0));
    const stored = await storeBytes(response, path, { budget, signal: access.options.signal });
    const etag = response.headers.etag?.replace(/^W\//, '').replaceAll('"', '');
    return { ...stored, ...(etag !== undefined && { etag }) };
  } finally {
    agent.destroy();
  }
}

interface Answered {
  readonly response: IncomingMessage;
  /** Holds the connection: destroying it ends what is not read yet. */
  readonly agent: Agent;
}

/** Asks, and asks again where a redirect leads to. */
async function follow({ url: start, uri }: Source, access: Access): Promise<Answered> {
  let url = start;
  let hop = access;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const answer = await ask(url, hop);
    const { response } = answer;
    if (!isRedirect(response)) return answer;
    answer.agent.destroy();
    const next = redirectTarget(response, url, uri);
    hop = {
      ...hop,
      authorization: next.origin === url.origin ? hop.authorization : undefined,
      // Only a host inside may lead to another one inside.
      allowPrivate: hop.allowPrivate && answer.reach === 'Private',
    };
    url = next;
  }
  throw dataInvalid(`${uri} leads from redirect to redirect: name the address that they end at.`);
}

function isRedirect({ statusCode = 0 }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

function redirectTarget({ headers }: IncomingMessage, url: URL, uri: string): URL {
  const next = URL.parse(headers.location ?? '', url.href);
  if (headers.location === undefined || next === null) throw dataInvalid(`${uri} redirects to no readable address.`);
  if (next.protocol !== 'https:')
    throw dataInvalid(`${uri} redirects to an address without https, which is not followed.`);
  return next;
}

/** `reach`: where the connection leads; public when a proxy makes it. */
async function ask(url: URL, access: Access): Promise<Answered & { reach: Reach }> {
  const { options, certificates, authorization, allowPrivate } = access;
  let reach: Reach = 'Public';
  const guard = {
    // A name that is not the one asked for is that of the proxy, which makes its own checks.
    refusesPrivate: (host: string) => !allowPrivate && host === url.hostname,
    seen: (found: Reach) => {
      reach = found;
    },
  };
  checkLiteral(url.hostname, guard);
  const agent = new Agent({
    ...(certificates && { ca: certificates }),
    ...(options.proxy && { proxyEnv: options.proxy }),
    lookup: guardedLookup(guard),
  });
  try {
    const headers = { accept: '*/*', 'accept-encoding': 'identity', ...(authorization && { authorization }) };
    const response = await send(url, { agent, headers, options });
    return { response, agent, reach };
  } catch (error) {
    agent.destroy();
    throw error;
  }
}

interface Sending {
  readonly agent: Agent;
  readonly headers: Record<string, string>;
  readonly options: FetchOptions;
}

function send(url: URL, { agent, headers, options }: Sending): Promise<IncomingMessage> {
  const { connectMs, idleMs } = patienceOf(options);
  return new Promise((resolve, reject) => {
    const asking = request(url.href, {
      agent,
      headers,
      timeout: connectMs,
      ...(options.signal && { signal: options.signal }),
    });
    asking.once('socket', (socket) => socket.once('secureConnect', () => socket.setTimeout(idleMs)));
    // While the answer is read too: the socket stays the request's.
    asking.on('timeout', () => asking.destroy(new Silence()));
    asking.once('response', (response) => {
      asking.once('error', (error) => response.destroy(error));
      resolve(response);
    });
    asking.once('error', reject);
    asking.end();
  });
}

/** A server that says nothing for too long. */
class Silence extends Error {
  readonly code = 'ETIMEDOUT';
}

/** An answer that is not the file. */
class Refusal extends Error {
  readonly status: number;
  readonly hasCredentials: boolean;

  constructor(status: number, hasCredentials: boolean) {
    super(`HTTP status ${status}`);
    this.status = status;
    this.hasCredentials = hasCredentials;
  }
}

function checkAnswer(response: IncomingMessage, { uri }: Source, { authorization }: Access): void {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) throw new Refusal(statusCode, authorization !== undefined);
  if (/^text\/html\b/i.test(headers['content-type'] ?? '')) {
    throw dataInvalid(
      `${uri} is a web page and not a table: name the address of the file, and a Secret when it needs a login.`,
    );
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw dataInvalid(`${uri} comes compressed although that was not asked for: serve the file as it is.`);
  }
}

function explain(cause: unknown, { url, uri }: Source): FailedTry {
  if (!(cause instanceof Refusal))
    return networkProblem(cause, { name: url.host, uri, field: 'spec.data.uri', service: dataService });
  const { status, hasCredentials } = cause;
  const stop = (error: Error) => ({ error, retry: false });
  if (status === 401 || status === 403) {
    const advice = hasCredentials
      ? 'check the keys in the Secret of spec.data.secretRef'
      : 'name a Secret with a login in spec.data.secretRef';
    return stop(dataUnreachable(`${url.host} refuses ${uri} (HTTP status ${status}): ${advice}.`, cause));
  }
  if (status === 404 || status === 410) return stop(dataInvalid(`${url.host} has no file ${uri}.`, cause));
  const message = `${url.host} could not give ${uri} (HTTP status ${status}): check spec.data.uri and the server.`;
  return { error: dataUnreachable(message, cause), retry: [408, 429, 500, 502, 503, 504].includes(status) };
}
