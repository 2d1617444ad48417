/** What a Lease says. An empty holder means that it was released. */
interface LeaseRecord {
  readonly holder: string;
  readonly durationSeconds: number;
}

/** The record as last seen. `changedAt` is when it was last seen to be different, in ms on our own monotonic clock. */
export interface LeaseObservation {
  readonly record: LeaseRecord;
  readonly changedAt: number;
}

export type LeaseDecision =
  | { readonly kind: 'create' }
  | { readonly kind: 'renew' }
  | { readonly kind: 'take' }
  | { readonly kind: 'wait'; readonly milliseconds: number };

/**
 * What a contender does next. The times inside the record are never compared with our clock: another machine wrote them. A
 * holder is gone when its record did not change for its whole duration, measured here.
 */
export function decideLease(identity: string, observation: LeaseObservation | undefined, now: number): LeaseDecision {
  if (observation === undefined) return { kind: 'create' };
  const { record, changedAt } = observation;
  if (record.holder === identity) return { kind: 'renew' };
  if (record.holder === '') return { kind: 'take' };
  const left = changedAt + record.durationSeconds * 1000 - now;
  return left <= 0 ? { kind: 'take' } : { kind: 'wait', milliseconds: left };
}
