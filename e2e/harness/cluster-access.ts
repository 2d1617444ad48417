import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { z } from 'zod';
import { KubeObject } from './kube-object.js';

const named = { name: z.string() };
const Kubeconfig = z.looseObject({
  clusters: z.array(
    z.looseObject({
      ...named,
      cluster: z.looseObject({ server: z.string(), 'certificate-authority-data': z.string().optional() }),
    }),
  ),
  users: z.array(
    z.looseObject({
      ...named,
      user: z.looseObject({
        'client-certificate-data': z.string().optional(),
        'client-key-data': z.string().optional(),
        token: z.string().optional(),
      }),
    }),
  ),
  contexts: z.array(z.looseObject({ ...named, context: z.looseObject({ cluster: z.string(), user: z.string() }) })),
  'current-context': z.string(),
});

/** How to reach an API server, PEM where it is about certificates. */
export interface Access {
  readonly server: string;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly token: string | undefined;
}

function pem(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}

/** Access as the current context of a kubeconfig (YAML) gives it. Throws when the context names what is not there. */
export function accessOf(kubeconfig: string): Access {
  const config = Kubeconfig.parse(parse(kubeconfig));
  const context = config.contexts.find((entry) => entry.name === config['current-context'])?.context;
  const cluster = config.clusters.find((entry) => entry.name === context?.cluster)?.cluster;
  const user = config.users.find((entry) => entry.name === context?.user)?.user;
  if (cluster === undefined || user === undefined) throw new Error('The kubeconfig has no usable current context');
  return {
    server: cluster.server,
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
    token: user.token,
  };
}

/** An answer of the API server that is not 2xx. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly call: string,
    body: string,
  ) {
    super(`${call}: ${status} ${body.slice(0, 600)}`);
  }
}

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type PatchKind = 'merge' | 'strategic-merge' | 'json';

const WatchLine = z.object({ type: z.string(), object: z.looseObject({}) });
const Status = z.looseObject({ code: z.number() });
const ObjectList = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  items: z.array(KubeObject),
});

export interface WatchedObject {
  readonly type: string;
  readonly object: KubeObject;
}

interface Sending {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** The tests' own way to a cluster, as its administrator: raw JSON over kept-alive connections. */
export class Cluster {
  readonly #agent: Agent;

  constructor(readonly access: Access) {
    const { ca, cert, key } = access;
    this.#agent = new Agent({
      connect: {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      },
      headersTimeout: 60_000,
      bodyTimeout: 0,
    });
  }

  async call(verb: Verb, path: string, body?: unknown, contentType = 'application/json'): Promise<unknown> {
    const answer = await this.#send(verb, path, { body, contentType });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ApiFailure(answer.statusCode, `${verb} ${path}`, text);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Any call with headers of its own, whatever is answered. */
  async raw(
    verb: Verb,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string }> {
    const answer = await request(new URL(path, this.access.server), {
      method: verb,
      dispatcher: this.#agent,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  async get(path: string): Promise<KubeObject> {
    return KubeObject.parse(await this.call('GET', path));
  }

  /** The object, or undefined when there is none. */
  async find(path: string): Promise<KubeObject | undefined> {
    try {
      return await this.get(path);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<KubeObject[]> {
    return (await this.listWithVersion(path)).items;
  }

  async listWithVersion(path: string): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const list = ObjectList.parse(await this.call('GET', path));
    return { items: list.items, resourceVersion: list.metadata.resourceVersion };
  }

  async create(path: string, object: object): Promise<KubeObject> {
    return KubeObject.parse(await this.call('POST', path, object));
  }

  async patch(path: string, change: object, kind: PatchKind = 'merge'): Promise<KubeObject> {
    return KubeObject.parse(await this.call('PATCH', path, change, `application/${kind}-patch+json`));
  }

  /** Deletes in the background; without complaint when it is gone already. */
  async remove(path: string): Promise<void> {
    try {
      await this.call('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
    } catch (error) {
      if (!(error instanceof ApiFailure && error.status === 404)) throw error;
    }
  }

  /** Events of one watch, until the server ends it or the signal aborts it. Throws 410 when the version is too old to go on from. */
  async *watch(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchedObject> {
    const answer = await this.#send('GET', `${path}?watch=1&resourceVersion=${resourceVersion}`, { signal });
    if (answer.statusCode >= 300) throw new ApiFailure(answer.statusCode, `WATCH ${path}`, await answer.body.text());
    const lines = createInterface({ input: answer.body });
    // An error after the last line was read is nobody's concern; unheard, it would end the process.
    for (const emitter of [answer.body, lines]) emitter.on('error', () => undefined);
    try {
      for await (const line of lines) {
        const { type, object } = WatchLine.parse(JSON.parse(line));
        const parsed = KubeObject.safeParse(object);
        if (parsed.success && ['ADDED', 'MODIFIED', 'DELETED'].includes(type)) yield { type, object: parsed.data };
        if (type === 'ERROR') throw new ApiFailure(Status.parse(object).code, `WATCH ${path}`, line);
      }
    } finally {
      answer.body.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #send(verb: Verb, path: string, { body, contentType, signal }: Sending) {
    const { server, token } = this.access;
    return request(new URL(path, server), {
      method: verb,
      dispatcher: this.#agent,
      headers: {
        accept: 'application/json',
        ...(contentType !== undefined && { 'content-type': contentType }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  }
}
