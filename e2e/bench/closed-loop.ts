import { HttpClient } from './http-client.js';

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
    private readonly clients: readonly HttpClient[],
  ) {}

  /** Connects; asks nothing yet. */
  static async connected({ port, requests }: LoadTarget, connections: number): Promise<ClosedLoop> {
    const clients = await Promise.all(Array.from({ length: connections }, () => HttpClient.connected(port)));
    return new ClosedLoop(requests, clients);
  }

  /**
   * Asks until it is told to end, at least once on each connection; resolves with the number of answers when the last one is there.
   *
   * @throws Error when an answer is not 200.
   */
  async run(end: AbortSignal): Promise<number> {
    const counts = await Promise.all(this.clients.map((client) => this.askUntil(end, client)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  private async askUntil(end: AbortSignal, client: HttpClient): Promise<number> {
    let answers = 0;
    do {
      await client.ask(this.requests[this.turn++ % this.requests.length] ?? '');
      answers += 1;
    } while (!end.aborted);
    return answers;
  }
}
