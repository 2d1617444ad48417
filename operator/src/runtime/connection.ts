import type { RequestOptions } from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { ApiUnreachable, apiErrorFrom } from './api-error.js';
import type { KubeAccess } from './kube-access.js';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly accept?: string | undefined;
  readonly contentType?: string | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number | undefined;
}

interface Limits {
  readonly signal: AbortSignal;
  /** Until the answer begins, in ms. */
  readonly headersTimeout: number;
  /** Between two pieces of the answer, in ms; 0: none. */
  readonly bodyTimeout: number;
}

export interface ApiAnswer {
  readonly code: number;
  readonly body: unknown;
}

// The slowest admission webhooks of good clusters answer within 10 s, and a call on a half-open connection is lost time.
const CALL_SECONDS = 15;
// A watch begins at once, even when nothing happens: this is how long its first byte may take.
const WATCH_START_MS = 10_000;
const CONNECT_MS = 5_000;
// Calls share two connections. A third would only be a second way to overload a small API server.
const CALL_CONNECTIONS = 2;
// The API server closes idle connections after 90 s; closing earlier ourselves avoids the race of the two.
const IDLE_MS = 60_000;
// A dead peer is found by the kernel after 15 s plus its probes, also while a watch is silent.
const TCP_KEEP_ALIVE_MS = 15_000;
// A ServiceAccount token on disk is renewed long before it ends; client-go looks once a minute as well.
const CREDENTIALS_MS = 30_000;

/** TLS connections to one API server: two for calls, one for each open watch, all kept alive. HTTP/1.1 only. */
export class Connection {
  readonly #config: KubeAccess;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #newCalls: () => Agent;
  readonly #distrusted = new Set<Agent>();
  #calls: Agent;
  readonly #watches: Agent;
  #credentials: { readonly headers: Record<string, string>; readonly readAt: number };

  private constructor(config: KubeAccess, server: URL, first: RequestOptions) {
    this.#config = config;
    this.#origin = server.origin;
    this.#basePath = server.pathname.replace(/\/$/, '');
    const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: IDLE_MS, connect: tlsOptions(first) };
    this.#newCalls = () => new Agent({ ...shared, connections: CALL_CONNECTIONS });
    this.#calls = this.#newCalls();
    this.#watches = new Agent(shared);
    this.#credentials = { headers: authorization(first), readAt: performance.now() };
  }

  /** Reads the certificates and the credentials of the current context. Opens nothing yet. */
  static async open(config: KubeAccess): Promise<Connection> {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) {
      throw new Error(`The kubeconfig has no cluster for its current context "${config.getCurrentContext()}"`);
    }
    const first: RequestOptions = {};
    await config.applyToHTTPSOptions(first);
    return new Connection(config, new URL(server), first);
  }

  /** One call. Throws `ApiError` for an answer >= 400 and `ApiUnreachable` without a whole answer in time. */
  async call(request: ApiRequest): Promise<ApiAnswer> {
    const limitMs = (request.timeoutSeconds ?? CALL_SECONDS) * 1000;
    const limit = AbortSignal.timeout(limitMs);
    const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]);
    const agent = this.#calls;
    try {
      const response = await this.#send(agent, request, { signal, headersTimeout: limitMs, bodyTimeout: 0 });
      const text = await response.body.text();
      if (response.statusCode >= 400) throw errorFrom(request, response, text);
      return { code: response.statusCode, body: JSON.parse(text) };
    } catch (error) {
      const failure = named(error, request, request.signal);
      if (failure instanceof ApiUnreachable) this.#distrust(agent);
      throw failure;
    }
  }

  /** Lines of a streamed answer, as they come. Throws `ApiUnreachable` when nothing comes for `silenceSeconds`. */
  async *lines(
    request: ApiRequest & { readonly signal: AbortSignal; readonly silenceSeconds: number },
  ): AsyncGenerator<string> {
    try {
      const response = await this.#send(this.#watches, request, {
        signal: request.signal,
        headersTimeout: WATCH_START_MS,
        bodyTimeout: request.silenceSeconds * 1000,
      });
      if (response.statusCode >= 400) throw errorFrom(request, response, await response.body.text());
      yield* splitLines(response.body);
      // undici takes the connection back a moment after the end: a watch that is renewed at once would open another one.
      await setImmediate();
    } catch (error) {
      throw named(error, request, request.signal);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#calls, this.#watches, ...this.#distrusted].map((agent) => agent.destroy()));
  }

  /**
   * When one connection is half-open, its sister probably is too, and would cost another full timeout: later calls get new
   * connections, and the old ones end with the calls that they carry.
   */
  #distrust(agent: Agent): void {
    if (agent !== this.#calls) return;
    this.#calls = this.#newCalls();
    this.#distrusted.add(agent);
    const forget = () => this.#distrusted.delete(agent);
    agent.close().then(forget, forget);
  }

  async #send(agent: Agent, request: ApiRequest, limits: Limits): Promise<Dispatcher.ResponseData> {
    const response = await this.#once(agent, request, limits);
    if (response.statusCode !== 401) return response;
    // The token may have been renewed since it was last read: once more with a fresh one.
    await response.body.dump();
    await this.#readCredentials();
    return this.#once(agent, request, limits);
  }

  async #once(agent: Agent, request: ApiRequest, limits: Limits): Promise<Dispatcher.ResponseData> {
    if (performance.now() - this.#credentials.readAt > CREDENTIALS_MS) await this.#readCredentials();
    const answer = agent.request({
      origin: this.#origin,
      path: this.#basePath + request.path + queryText(request.query),
      method: request.method,
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': 'churnops',
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        ...this.#credentials.headers,
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      ...limits,
    });
    return orAborted(answer, limits.signal);
  }

  async #readCredentials(): Promise<void> {
    const fresh: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(fresh);
    this.#credentials = { headers: authorization(fresh), readAt: performance.now() };
  }
}

/** undici looks at the signal only when a request is on its connection, not while it waits for one. */
async function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    aborted.reject(new Error('The time was over', { cause: signal.reason }));
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function tlsOptions(options: RequestOptions): NonNullable<Agent.Options['connect']> {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    timeout: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function authorization(options: RequestOptions): Record<string, string> {
  const { headers } = options;
  const value = headers !== undefined && !isList(headers) ? headers['Authorization'] : undefined;
  return typeof value === 'string' ? { authorization: value } : {};
}

function isList(headers: NonNullable<RequestOptions['headers']>): headers is readonly string[] {
  return Array.isArray(headers);
}

function queryText(query: ApiRequest['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, value);
  return search.size === 0 ? '' : `?${search.toString()}`;
}

async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

function errorFrom(request: ApiRequest, response: Dispatcher.ResponseData, text: string): Error {
  const header = response.headers['retry-after'];
  return apiErrorFrom(`${request.method} ${request.path}`, {
    code: response.statusCode,
    body: text,
    retryAfter: typeof header === 'string' ? header : undefined,
  });
}

/** The caller's own abort goes through as it is; what broke on the way gets a name. */
function named(error: unknown, request: ApiRequest, callerSignal: AbortSignal | undefined): unknown {
  if (callerSignal?.aborted === true) return callerSignal.reason;
  if (error instanceof Error && error.name === 'ApiError') return error;
  const why = error instanceof Error ? error.message : String(error);
  return new ApiUnreachable(`${request.method} ${request.path} got no answer: ${why}`, { cause: error });
}
