import type { OwnResult } from './forwarding.js';
import { nextDue } from './replay-pace.js';

/** A held-out row of the artifact. */
export interface ReplayRow {
  /** The row as JSON. */
  readonly text: string;
  readonly own: OwnResult;
}

/** Sends held-out rows one after the other, at an even pace, from the first again after the last. Keeps no process alive. */
export class Replay {
  private rows: readonly ReplayRow[] = [];
  private isLoading = false;
  private position = 0;
  private interval: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param load Called once, when rows are wanted for the first time. Never rejects. */
  constructor(
    private readonly load: () => Promise<readonly ReplayRow[]>,
    private readonly send: (row: ReplayRow) => void,
  ) {}

  /** Sends at this pace from now on; undefined: nothing. The same pace again changes nothing. */
  follow(rowsPerSecond: number | undefined): void {
    const interval = rowsPerSecond === undefined ? undefined : 1000 / rowsPerSecond;
    if (interval === this.interval) return;
    this.interval = interval;
    if (interval !== undefined && !this.isLoading) void this.fill();
    this.restart();
  }

  private async fill(): Promise<void> {
    this.isLoading = true;
    this.rows = await this.load();
    // Pods that share the work shall not all send the same rows.
    this.position = Math.floor(Math.random() * this.rows.length);
    this.restart();
  }

  private restart(): void {
    clearTimeout(this.timer);
    const { interval } = this;
    if (interval !== undefined && this.rows.length > 0) this.schedule(performance.now() + interval, interval);
  }

  private schedule(due: number, interval: number): void {
    const wait = due - performance.now();
    this.timer = setTimeout(() => {
      const row = this.rows[this.position % this.rows.length];
      this.position += 1;
      this.schedule(nextDue(due, performance.now(), interval), interval);
      if (row !== undefined) this.send(row);
    }, wait).unref();
  }
}
