import { keyText } from './runtime/index.js';
import type { Clock, ObjectKey } from './runtime/index.js';

/** So much later than planned the next look may come: an operator that is busy was not away. */
const LATE_SECONDS = 30;

/** What this process did about the rollout of a model. Times are those of its clock, in milliseconds. */
interface Watch {
  /** When it began to look after it, without a gap up to now. */
  readonly since: number;
  /** When it last thought of it, and after how many seconds it wanted to do so again. */
  readonly latest: number;
  readonly seconds: number;
  /** When it last read the pods; undefined: the next look is due at once. */
  readonly read: number | undefined;
}

/**
 * When this process last read the pods of each model. Kept in memory alone: an operator that has just begun to lead reads at once,
 * which harms nothing, since a read closes a block of counts and no test depends on when. But what it saw begins with its first look.
 */
export class LookTimes {
  readonly #watches = new Map<string, Watch>();
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Whether the last look is so many seconds ago, or there was none. With true, this is the new last one. */
  isDue(key: ObjectKey, seconds: number): boolean {
    const now = this.#clock.monotonic();
    const before = this.#watches.get(keyText(key));
    const isDue = before?.read === undefined || now - before.read >= seconds * 1000;
    const isGapless = before !== undefined && now - before.latest <= (before.seconds + LATE_SECONDS) * 1000;
    const since = isGapless ? before.since : now;
    this.#watches.set(keyText(key), { since, latest: now, seconds, read: isDue ? now : before.read });
    return isDue;
  }

  /** For how long the model was looked after without a gap, in seconds; 0 at the first look, and after a gap. */
  watchedSeconds(key: ObjectKey): number {
    const watch = this.#watches.get(keyText(key));
    return watch === undefined ? 0 : (watch.latest - watch.since) / 1000;
  }

  /** What the last look came to could not be recorded: the next one is due at once. */
  repeat(key: ObjectKey): void {
    const watch = this.#watches.get(keyText(key));
    if (watch !== undefined) this.#watches.set(keyText(key), { ...watch, read: undefined });
  }

  /** Nothing is looked after any more. */
  forget(key: ObjectKey): void {
    this.#watches.delete(keyText(key));
  }
}
