import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** One connection that is kept and has one request at a time. */
export class HttpClient {
  private text = '';
  private waiting: PromiseWithResolvers<undefined> | undefined;
  private broken: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.take(chunk);
    });
    socket.on('error', (error) => {
      this.fail(error);
    });
    socket.on('close', () => {
      this.fail(new Error('The server closed a connection'));
    });
  }

  /** Connects to 127.0.0.1; asks nothing yet. */
  static async connected(port: number): Promise<HttpClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new HttpClient(socket);
  }

  /**
   * Sends a whole HTTP request, and resolves when the answer is there.
   *
   * @throws Error when the answer is not 200: then figures would be of something else.
   */
  async ask(request: string): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    this.waiting = Promise.withResolvers();
    this.socket.write(request);
    await this.waiting.promise;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.text += chunk.toString('latin1');
    const headEnd = this.text.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(this.text.slice(0, headEnd + 2)) ?? [];
    if (length === undefined || !this.text.startsWith('HTTP/1.1 200 ')) {
      this.fail(new Error(`An answer was not 200, or does not tell its length:\n${this.text}`));
      return;
    }
    if (this.text.length < headEnd + 4 + Number(length)) return;
    this.text = '';
    this.waiting?.resolve(undefined);
  }

  private fail(error: Error): void {
    this.broken ??= error;
    this.waiting?.reject(error);
  }
}
