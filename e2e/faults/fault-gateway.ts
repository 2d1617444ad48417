import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { join } from 'node:path';
import type { ControlPlane } from '../harness/control-plane.js';
import { portOf } from '../harness/free-ports.js';

/** `lost`: the request takes place, and its answer never comes. `unanswered`: it does not even take place. */
const faults = ['error', 'busy', 'lost', 'unanswered'] as const;
type Fault = (typeof faults)[number];

/**
 * An HTTPS proxy in front of an API server, with a certificate of the same CA, that answers a share of the requests wrongly.
 * Its users need a token: a client's certificate ends here.
 */
export class FaultGateway {
  readonly port: number;
  /** What was done so far. */
  readonly counts: Record<Fault | 'passed', number> = { passed: 0, error: 0, busy: 0, lost: 0, unanswered: 0 };
  readonly #server: Server;
  readonly #upstream: Agent;
  readonly #target: URL;
  readonly #random: () => number;
  #share = 0;

  private constructor(server: Server, upstream: { readonly agent: Agent; readonly url: string }, seed: number) {
    this.#server = server;
    this.#upstream = upstream.agent;
    this.#target = new URL(upstream.url);
    this.#random = seeded(seed);
    this.port = portOf(server.address());
    server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
      this.#pass(incoming, answer);
    });
  }

  /** Starts one without faults. The seed makes the same choices in every run, in the order of the requests. */
  static async start(plane: Pick<ControlPlane, 'folder' | 'url'>, seed: number): Promise<FaultGateway> {
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'apiserver.crt', 'apiserver.key'].map((file) => readFile(join(plane.folder, file), 'utf8')),
    );
    const server = createServer({ cert: cert ?? '', key: key ?? '' }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new Agent({ ca: ca ?? '', keepAlive: true });
    return new FaultGateway(server, { agent, url: plane.url }, seed);
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** This share (0 to 1) of the requests goes wrong from now on. */
  trouble(share: number): void {
    this.#share = share;
  }

  /** New requests pass. Those that got no answer never get one. */
  heal(): void {
    this.#share = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#upstream.destroy();
    await once(this.#server.close(), 'close');
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const fault = this.#random() < this.#share ? faults[Math.floor(this.#random() * faults.length)] : undefined;
    this.counts[fault ?? 'passed'] += 1;
    switch (fault) {
      case 'error':
        refuse(answer, { code: 500, reason: 'InternalError' });
        return;
      case 'busy':
        answer.setHeader('retry-after', '1');
        refuse(answer, { code: 429, reason: 'TooManyRequests' });
        return;
      case 'unanswered':
        return;
      case 'lost':
        this.#forward(incoming, undefined);
        return;
      case undefined:
        this.#forward(incoming, answer);
    }
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse | undefined): void {
    const { method, url, headers } = incoming;
    const { hostname, port } = this.#target;
    const forwarded = request({ hostname, port, method, path: url, headers, agent: this.#upstream });
    const giveUp = () => {
      forwarded.destroy();
      answer?.destroy();
    };
    forwarded.on('response', (response) => {
      if (answer === undefined) {
        response.resume();
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      // Else the first event of a watch would carry its headers.
      answer.flushHeaders();
      response.on('error', giveUp).pipe(answer);
    });
    forwarded.on('error', giveUp);
    answer?.on('close', giveUp);
    incoming.pipe(forwarded);
  }
}

function refuse(answer: ServerResponse, { code, reason }: { code: number; reason: string }): void {
  answer.writeHead(code, { 'content-type': 'application/json' });
  answer.end(JSON.stringify({ kind: 'Status', code, reason, message: 'A fault made by a test' }));
}

/** Numbers in [0, 1) that are the same in every run: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
