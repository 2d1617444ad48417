import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** Where requests go, and what they are. */
export interface LoadTarget {
  readonly port: number;
  /** Whole HTTP requests, asked in rotation. */
  readonly requests: readonly string[];
}

/** Clients that each keep one connection and ask again as soon as they have their answer. */
export class ClosedLoop {
  private turn = 0;

  private constructor(
    private readonly requests: readonly string[],
    private readonly sockets: readonly Socket[],
  ) {}

  /** Connects to 127.0.0.1; asks nothing yet. */
  static async connected({ port, requests }: LoadTarget, connections: number): Promise<ClosedLoop> {
    const sockets = Array.from({ length: connections }, () => connect({ host: '127.0.0.1', port, noDelay: true }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new ClosedLoop(requests, sockets);
  }

  /**
   * Asks for so many seconds, and resolves with the number of answers when the last one is there.
   *
   * @throws Error when an answer is not 200: then the figures would be of something else.
   */
  async run(seconds: number): Promise<number> {
    const end = performance.now() + seconds * 1000;
    const counts = await Promise.all(this.sockets.map((socket) => this.client(socket, end)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private client(socket: Socket, end: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let answers = 0;
      let text = '';
      const stop = () => {
        reject(new Error('The server closed a connection'));
      };
      const settle = () => {
        socket.off('data', take).off('close', stop);
        resolve(answers);
      };
      const take = (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const length = answerLength(text);
        if (length === undefined || text.length < length) return;
        if (!text.startsWith('HTTP/1.1 200 ')) {
          reject(new Error(`An answer was not 200:\n${text}`));
          return;
        }
        text = '';
        answers += 1;
        if (performance.now() < end) this.ask(socket);
        else settle();
      };
      socket.on('data', take).once('close', stop).once('error', reject);
      this.ask(socket);
    });
  }

  private ask(socket: Socket): void {
    socket.write(this.requests[this.turn % this.requests.length] ?? '');
    this.turn += 1;
  }
}

/** Length of an answer with its head, in bytes; undefined while the head is not whole. */
function answerLength(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, headEnd + 2)) ?? [];
  if (length === undefined) throw new Error(`An answer does not tell its length:\n${text}`);
  return headEnd + 4 + Number(length);
}
