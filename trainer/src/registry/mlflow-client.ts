import { mlflowSecretKeys } from '@churnops/crds';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { z } from 'zod';
import type { TrainingProblem } from '../failure.js';
import { checkLiteral, guardedLookup } from '../network/address-guard.js';
import { networkProblem } from '../network/network-problem.js';
import { readSecretKey } from '../network/secret-file.js';
import { registryService, unreachable, type ServiceAccess } from '../network/service.js';
import { trustedCertificates } from '../network/trusted-certificates.js';

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_MESSAGE = 500;
/** Answers are a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** How to get to an MLflow server. */
export interface MlflowAccess extends ServiceAccess {
  /** `http(s)://HOST[:PORT][/PATH]` */
  readonly url: string;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/2.0/mlflow/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

const Refusal = z.object({ error_code: z.string().default(''), message: z.string().default('') });

/**
 * Asks the REST API of an MLflow server. Each call is tried once: one whose answer was lost may have been carried out, so whoever
 * tries again looks first.
 */
export class MlflowClient {
  readonly #access: MlflowAccess;
  #dispatcher: Promise<EnvHttpProxyAgent> | undefined;

  constructor(access: MlflowAccess) {
    this.#access = access;
  }

  /** Its answer. Throws TrainingProblem. */
  async ask<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const found = await this.find(schema, call);
    if (found === undefined) throw this.#problem(`knows nothing of ${call.path}: is it MLflow 2.3 or newer?`);
    return found;
  }

  /** Its answer; undefined when what is asked for is not there. Throws TrainingProblem. */
  async find<T>(schema: z.ZodType<T>, call: Call): Promise<T | undefined> {
    const { status, text } = await this.#send(call);
    if (status === 200) return this.#parsed(schema, text, call);
    const refusal = refusalIn(text);
    if (refusal.error_code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    const said = refusal.message.replaceAll(/\s+/g, ' ').slice(0, MAX_MESSAGE);
    const what =
      status === 401 || status === 403 ? this.#refusedCredentials() : `does not answer ${call.method} ${call.path}`;
    throw this.#problem(`${what} (HTTP status ${status}): ${said}`);
  }

  #parsed<T>(schema: z.ZodType<T>, text: string, { method, path }: Call): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw this.#problem(
        `answers ${method} ${path} as MLflow would not: is spec.registry.mlflow.url that of its server?`,
      );
    }
  }

  async close(): Promise<void> {
    // One that could not be made has nothing to close.
    await this.#dispatcher?.then(
      (dispatcher) => dispatcher.close(),
      () => undefined,
    );
  }

  async #send({ method, path, query, body }: Call): Promise<{ status: number; text: string }> {
    const url = new URL(`${this.#access.url.replace(/\/$/, '')}/api/2.0/mlflow/${path}`);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const authorization = await this.#authorization();
    this.#dispatcher ??= this.#connected(url);
    const dispatcher = await this.#dispatcher;
    try {
      const response = await fetch(url, {
        method,
        headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
        body: body === undefined ? null : JSON.stringify(body),
        // Credentials go nowhere else.
        redirect: 'manual',
        dispatcher,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const peer = { service: registryService, name: url.host, uri: 'MLflow', field: `${registryService.section}.url` };
      throw networkProblem(causeOf(error), peer).error;
    }
  }

  async #authorization(): Promise<string | undefined> {
    const { credentials: folder } = this.#access;
    if (folder === undefined) return undefined;
    const { token, username, password } = mlflowSecretKeys;
    const bearer = await readSecretKey(folder, token);
    if (bearer !== undefined) return `Bearer ${bearer}`;
    const login = await Promise.all([readSecretKey(folder, username), readSecretKey(folder, password)]);
    if (login.includes(undefined)) {
      const message = `The Secret that ${registryService.section}.secretRef names must exist and have the keys ${username} and ${password}, or ${token}.`;
      throw unreachable(registryService, message);
    }
    return `Basic ${Buffer.from(login.join(':')).toString('base64')}`;
  }

  async #connected(url: URL): Promise<EnvHttpProxyAgent> {
    const { caFile, proxy = {} } = this.#access;
    const ca = await trustedCertificates(caFile, registryService);
    // Who names a server means it, in whatever network it is.
    const guard = { refusesPrivate: () => false };
    checkLiteral(url.hostname, guard);
    const tls = { timeout: CONNECT_TIMEOUT_MS, ...(ca && { ca }) };
    const via = (name: string) => proxy[name] ?? proxy[name.toUpperCase()] ?? '';
    return new EnvHttpProxyAgent({
      httpProxy: via('http_proxy'),
      httpsProxy: via('https_proxy'),
      noProxy: via('no_proxy'),
      maxResponseSize: MAX_ANSWER_BYTES,
      connect: { ...tls, lookup: guardedLookup(guard) },
      requestTls: tls,
    });
  }

  #refusedCredentials(): string {
    return this.#access.credentials === undefined
      ? 'asks for credentials: set spec.registry.mlflow.secretRef'
      : 'refuses the credentials of spec.registry.mlflow.secretRef';
  }

  #problem(clause: string): TrainingProblem {
    return unreachable(registryService, `MLflow at ${new URL(this.#access.url).host} ${clause}`);
  }
}

/** What fetch failed for: its own error says only that it did. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

function refusalIn(text: string): z.infer<typeof Refusal> {
  try {
    return Refusal.parse(JSON.parse(text));
  } catch {
    // Another server, or one in front of MLflow.
    return { error_code: '', message: text };
  }
}
