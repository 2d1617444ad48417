/** Messages that the breaker remembers. */
const WINDOW = 20;
/** So many of them failed: it opens. */
const FAILURES = WINDOW / 2;
const PROBE_MILLISECONDS = 1_000;
/** `Probe`: the one message that an open breaker lets through in a second. */
export type Admission = 'Message' | 'Probe';

/**
 * Stops sending to a group whose messages fail, so that users don't wait for a deadline each time. It opens when 10 of the last
 * 20 messages failed, then lets one through every second, and closes when that succeeds. Times are milliseconds of a clock that never
 * goes back.
 */
export class Breaker {
  private failures: boolean[] = [];
  private openings = 0;
  private open = false;
  private lastProbe = 0;

  /** @param maxOpenings With so many openings it stays open. */
  constructor(private readonly maxOpenings: number) {}

  /** As what a message may be sent at `now`; undefined: it may not. */
  admit(now: number): Admission | undefined {
    if (!this.open) return 'Message';
    if (this.openings >= this.maxOpenings || now - this.lastProbe < PROBE_MILLISECONDS) return undefined;
    this.lastProbe = now;
    return 'Probe';
  }

  /**
   * Takes down how an admitted message ended at `now`; returns what changed by it. Messages that were under way when it
   * opened say nothing new: a mixture of good and bad ones would open and close it three times in a moment.
   */
  record(admission: Admission, succeeded: boolean, now: number): 'Opened' | 'Closed' | undefined {
    if (this.open) return admission === 'Probe' && succeeded ? this.close() : undefined;
    this.failures.push(!succeeded);
    if (this.failures.length > WINDOW) this.failures.shift();
    if (this.failures.filter((failed) => failed).length < FAILURES) return undefined;
    this.open = true;
    this.openings += 1;
    this.lastProbe = now;
    return 'Opened';
  }

  private close(): 'Closed' {
    this.open = false;
    this.failures = [];
    return 'Closed';
  }
}
