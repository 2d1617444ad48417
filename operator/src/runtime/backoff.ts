/** Delays that double from `firstMs` up to `capMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** The delay in ms after this many failures in a row (at least 1). */
export function backoffDelay(backoff: Backoff, failures: number): number {
  return Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30));
}

/** The same delay, spread over its upper half, so that many clients don't come back at the same moment. `random` is in [0, 1). */
export function jitteredDelay(backoff: Backoff, failures: number, random: number): number {
  return backoffDelay(backoff, failures) * (0.5 + random / 2);
}
