import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { portOf } from '../harness/free-ports.js';

type Trouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'silence' };

/** A TCP proxy on 127.0.0.1 that counts connections and makes trouble on request. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #silenced = new WeakSet<Socket>();
  #trouble: Trouble = { kind: 'none' };
  #accepted = 0;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = portOf(server.address());
    server.on('connection', (socket) => {
      this.#join(socket);
    });
  }

  /** Forwards to this port of 127.0.0.1. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort);
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Connections accepted since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Every chunk comes late, in both directions. */
  delay(milliseconds: number): void {
    this.#trouble = { kind: 'delay', milliseconds };
  }

  /** Each connection carries so much in each direction, and no more. */
  throttle(bytesPerSecond: number): void {
    this.#trouble = { kind: 'throttle', bytesPerSecond };
  }

  /** Ends all connections now. New ones are served. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends all connections, and every new one at once. */
  refuse(): void {
    this.#trouble = { kind: 'refuse' };
    this.cut();
  }

  /** Half-open: all connections, present and new, stay open, but nothing passes any more, also after `heal`. */
  silence(): void {
    this.#trouble = { kind: 'silence' };
    for (const socket of this.#sockets) this.#silenced.add(socket);
  }

  /** No trouble any more, but for connections that were silenced. */
  heal(): void {
    this.#trouble = { kind: 'none' };
  }

  async stop(): Promise<void> {
    this.cut();
    await once(this.#server.close(), 'close');
  }

  #join(client: Socket): void {
    this.#accepted += 1;
    if (this.#trouble.kind === 'refuse') {
      client.destroy();
      return;
    }
    const target = connect(this.#targetPort, '127.0.0.1');
    if (this.#trouble.kind === 'silence') for (const socket of [client, target]) this.#silenced.add(socket);
    this.#pipe(client, target);
    this.#pipe(target, client);
  }

  #pipe(from: Socket, to: Socket): void {
    let tail = Promise.resolve();
    let dueAt = 0;
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      dueAt = this.#dueAt(chunk.length, dueAt);
      const wait = dueAt - performance.now();
      // In a chain, so that no byte overtakes another when the trouble changes.
      tail = tail
        .then(() => (wait > 0 ? sleep(wait) : undefined))
        .then(() => {
          if (!this.#silenced.has(from) && !to.destroyed) to.write(chunk);
        });
    });
    from.on('error', () => from.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#silenced.has(from)) void tail.then(() => to.destroy());
    });
  }

  /** When a chunk of this size is passed on, `before` being when the last one was: ms on the monotonic clock. */
  #dueAt(bytes: number, before: number): number {
    const now = performance.now();
    if (this.#trouble.kind === 'delay') return Math.max(before, now + this.#trouble.milliseconds);
    if (this.#trouble.kind !== 'throttle') return Math.max(before, now);
    return Math.max(before, now) + (bytes / this.#trouble.bytesPerSecond) * 1000;
  }
}
