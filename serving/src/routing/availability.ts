import { Problem } from '../http/problem.js';
import type { Retirement } from './retirement.js';

/** Whether this process wants new requests. It is made after the model is good and warm, so it starts ready. */
export class Availability {
  private draining = false;

  constructor(private readonly retirement: Retirement) {}

  /** From now on not ready; requests that still come are answered. */
  drain(): void {
    this.draining = true;
  }

  /** Whether answers should ask their client to open its next connection elsewhere. */
  leaving(): boolean {
    return this.draining || this.retirement.retired();
  }

  /** @throws Problem 503 with Retry-After while draining. */
  requireReady(): void {
    if (this.draining) {
      throw new Problem('unavailable', 'This server is shutting down. Ask again: another one answers.', {
        headers: { 'retry-after': '5' },
      });
    }
  }
}
