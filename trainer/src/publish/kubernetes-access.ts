import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { Agent, fetch } from 'undici';

/** Where the API server is, and who we are there. */
export interface KubernetesAccess {
  /** `https://HOST:PORT` */
  readonly server: string;
  /** File with a token; read for every request since the kubelet renews it. */
  readonly tokenFile: string;
  /** File with the certificates that the server is checked against. */
  readonly caFile?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  readonly body?: string;
}

const MERGE_PATCH = 'application/merge-patch+json';

/** How long one request may take, in milliseconds. */
const REQUEST_TIMEOUT = 30_000;

/** Pauses before each further try, in milliseconds: two minutes in all, longer than an API server takes to restart. */
const patientPauses: readonly number[] = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];

/** Asks the API server; tries again when it is busy, restarting or unreachable. Answers with the last status. */
export class KubernetesClient {
  readonly #access: KubernetesAccess;
  readonly #pauses: readonly number[];
  #agent: Agent | undefined;

  constructor(access: KubernetesAccess, pauses: readonly number[] = patientPauses) {
    this.#access = access;
    this.#pauses = pauses;
  }

  /** With retries. */
  async ask(call: Call): Promise<Answer> {
    for (const pause of this.#pauses) {
      try {
        const answer = await this.askOnce(call);
        if (answer.status !== 429 && answer.status < 500) return answer;
      } catch {
        // The last try below reports why.
      }
      await setTimeout(pause);
    }
    return this.askOnce(call);
  }

  /** Without retries. */
  async askOnce(call: Call): Promise<Answer> {
    const token = (await readFile(this.#access.tokenFile, 'utf8')).trim();
    const response = await fetch(`${this.#access.server}${call.path}`, {
      method: call.method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': MERGE_PATCH },
      body: call.body ?? null,
      dispatcher: await this.#dispatcher(),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    });
    const text = await response.text();
    return { status: response.status, body: response.ok ? JSON.parse(text) : text };
  }

  async close(): Promise<void> {
    await this.#agent?.close();
  }

  async #dispatcher(): Promise<Agent> {
    const { caFile } = this.#access;
    this.#agent ??= new Agent(caFile === undefined ? {} : { connect: { ca: await readFile(caFile, 'utf8') } });
    return this.#agent;
  }
}
