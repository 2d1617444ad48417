import { keyText } from './runtime/index.js';
import type { Clock, ObjectKey } from './runtime/index.js';

/**
 * When this process last read the pods of each model. Kept in memory alone: an operator that has just begun to lead reads at once,
 * which harms nothing, since a read closes a block of counts and no test depends on when.
 */
export class LookTimes {
  readonly #times = new Map<string, number>();
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Whether the last look is so many seconds ago, or there was none. With true, this is the new last one. */
  isDue(key: ObjectKey, seconds: number): boolean {
    const now = this.#clock.monotonic();
    const last = this.#times.get(keyText(key));
    if (last !== undefined && now - last < seconds * 1000) return false;
    this.#times.set(keyText(key), now);
    return true;
  }

  forget(key: ObjectKey): void {
    this.#times.delete(keyText(key));
  }
}
