import { z } from 'zod';
import { ApiError } from './api-error.js';
import { pause, systemClock } from './clock.js';
import type { Clock } from './clock.js';
import type { ClusterClient } from './cluster-client.js';
import type { DesiredObject, KubeObject, ObjectKey } from './kube-object.js';
import { decideLease } from './lease-decision.js';
import type { LeaseObservation } from './lease-decision.js';
import type { ResourceKind } from './resource-kind.js';
import { Tenure } from './tenure.js';

export const leaseKind: ResourceKind = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export interface LeaseTimes {
  /** Others wait so long after the last change that they saw. */
  readonly durationSeconds: number;
  /** The leader steps down when no renewal got through for so long. Less than the duration. */
  readonly renewDeadlineSeconds: number;
  /** Between two renewals of the leader. A contender looks twice as often, so that it knows the last renewal well. */
  readonly retrySeconds: number;
}

export interface LeaderOptions {
  readonly cluster: ClusterClient;
  /** The Lease object. */
  readonly key: ObjectKey;
  /** Different for every process, also for one that restarts in the same pod. */
  readonly identity: string;
  /**
   * What only the leader does. It must end soon after its signal is aborted, and may end by itself. Its writes go through
   * `fencedClient` with the tenure.
   */
  readonly lead: (signal: AbortSignal, tenure: Tenure) => Promise<void>;
  readonly times?: LeaseTimes | undefined;
  readonly clock?: Clock | undefined;
  /** Told about each failed look or renewal. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** `released`: the work ended, or the stop signal came. `lost`: the work ended since someone else may lead now. */
export type LeadershipEnd = 'released' | 'lost';

const TIMES: LeaseTimes = { durationSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 2 };

const LeaseSpec = z.looseObject({
  holderIdentity: z.string().nullish(),
  leaseDurationSeconds: z.number().nullish(),
  acquireTime: z.string().nullish(),
  renewTime: z.string().nullish(),
  leaseTransitions: z.number().nullish(),
});
type LeaseSpec = z.infer<typeof LeaseSpec>;

/**
 * Waits until this process holds the Lease, leads, and gives the Lease back on a clean stop, so that the next leader need not
 * wait for its end. Resolves when leading has ended; after `lost` it may be called again, since nothing of the old work runs
 * any more. Rejects with what `lead` threw, after giving the Lease back.
 */
export async function runAsLeader(options: LeaderOptions, stop: AbortSignal): Promise<LeadershipEnd> {
  const candidate = new Candidate(options);
  const tenure = await candidate.acquire(stop);
  if (tenure === undefined) return 'released';
  const leading = AbortSignal.any([stop, tenure.over]);
  const renewing = new AbortController();
  // The Lease is renewed until the work has really ended, not only until it was told to end.
  const kept = candidate.keep(tenure, renewing.signal);
  try {
    await options.lead(leading, tenure);
  } finally {
    renewing.abort();
    await kept;
    if (!tenure.over.aborted) await candidate.release(tenure);
  }
  return tenure.wasLost ? 'lost' : 'released';
}

class Candidate {
  readonly #options: LeaderOptions;
  readonly #times: LeaseTimes;
  readonly #clock: Clock;
  #lease: KubeObject | undefined;
  #observation: LeaseObservation | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#times = options.times ?? TIMES;
    this.#clock = options.clock ?? systemClock;
  }

  /** Waits for the Lease. Undefined when it was stopped before. */
  async acquire(stop: AbortSignal): Promise<Tenure | undefined> {
    while (!stop.aborted) {
      const startedAt = await this.#try();
      if (startedAt !== undefined) return this.#tenure(startedAt);
      await pause(this.#clock, this.#untilNextLook(), stop);
    }
    return undefined;
  }

  /** Renews until aborted, or until the tenure is over: no renewal got through in time, or another holder was seen. */
  async keep(tenure: Tenure, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, tenure.over]);
    for (;;) {
      await pause(this.#clock, this.#times.retrySeconds * 1000, either);
      if (either.aborted) return;
      const startedAt = await this.#try();
      if (startedAt !== undefined) tenure.renew(startedAt);
      else if (this.#heldByOther()) tenure.lose();
    }
  }

  /** Gives the Lease back. When that fails the next leader waits for its end: no harm. */
  async release(tenure: Tenure): Promise<void> {
    tenure.end();
    try {
      await this.#observe();
      if (this.#lease === undefined || this.#heldByOther()) return;
      const spec = { ...specOf(this.#lease), holderIdentity: '', leaseDurationSeconds: 1, renewTime: this.#time() };
      await this.#options.cluster.replace(leaseKind, { ...this.#lease, spec }, this.#limit());
    } catch (error) {
      this.#options.onError?.(error);
    }
  }

  /** Since when the Lease is held (ms on our clock), when a renewal or take-over got through. */
  async #try(): Promise<number | undefined> {
    // Measured before the call: the record can't be older than this, so we give up before others take over.
    const startedAt = this.#clock.monotonic();
    try {
      await this.#observe();
      const decision = decideLease(this.#options.identity, this.#observation, this.#clock.monotonic());
      if (decision.kind === 'wait') return undefined;
      await this.#write();
      return startedAt;
    } catch (error) {
      // A conflict means that someone else wrote first, which the next look will show.
      if (!(error instanceof ApiError && error.code === 409)) this.#options.onError?.(error);
      return undefined;
    }
  }

  #tenure(startedAt: number): Tenure {
    const tenure = new Tenure(this.#clock, this.#times.renewDeadlineSeconds * 1000);
    tenure.renew(startedAt);
    return tenure;
  }

  /** In ms: when the holder's time ends, if that is before the next regular look. */
  #untilNextLook(): number {
    const regular = (this.#times.retrySeconds * 1000) / 2;
    const decision = decideLease(this.#options.identity, this.#observation, this.#clock.monotonic());
    // An empty place that could not be taken, for example while the API server is down, is no reason to hurry.
    return decision.kind === 'wait' ? Math.min(regular, decision.milliseconds) : regular;
  }

  async #observe(): Promise<void> {
    const { cluster, key } = this.#options;
    const lease = await cluster.get(leaseKind, key, this.#limit());
    const changed = lease?.metadata.resourceVersion !== this.#lease?.metadata.resourceVersion;
    const changedAt = changed ? this.#clock.monotonic() : (this.#observation?.changedAt ?? this.#clock.monotonic());
    this.#lease = lease;
    this.#observation = lease === undefined ? undefined : { record: recordOf(lease), changedAt };
  }

  async #write(): Promise<void> {
    const { cluster, key, identity } = this.#options;
    const before = this.#lease === undefined ? {} : specOf(this.#lease);
    const taken = before.holderIdentity !== identity;
    const spec = {
      ...before,
      holderIdentity: identity,
      leaseDurationSeconds: this.#times.durationSeconds,
      acquireTime: taken ? this.#time() : before.acquireTime,
      renewTime: this.#time(),
      leaseTransitions: (before.leaseTransitions ?? -1) + Number(taken),
    };
    const fresh: DesiredObject = { apiVersion: leaseKind.apiVersion, kind: leaseKind.kind, metadata: { ...key } };
    this.#lease =
      this.#lease === undefined
        ? await cluster.create(leaseKind, { ...fresh, spec }, this.#limit())
        : await cluster.replace(leaseKind, { ...this.#lease, spec }, this.#limit());
    this.#observation = { record: recordOf(this.#lease), changedAt: this.#clock.monotonic() };
  }

  #heldByOther(): boolean {
    const holder = this.#observation?.record.holder ?? '';
    return holder !== '' && holder !== this.#options.identity;
  }

  /** One hanging call must leave time for another try before the deadline. */
  #limit(): { readonly timeoutSeconds: number } {
    return { timeoutSeconds: Math.max(1, this.#times.renewDeadlineSeconds / 4) };
  }

  /** A MicroTime: the API server wants six digits. */
  #time(): string {
    return this.#clock.wall().toISOString().replace('Z', '000Z');
  }
}

function specOf(lease: KubeObject): LeaseSpec {
  return LeaseSpec.safeParse(lease['spec']).data ?? {};
}

function recordOf(lease: KubeObject): LeaseObservation['record'] {
  const spec = specOf(lease);
  return { holder: spec.holderIdentity ?? '', durationSeconds: spec.leaseDurationSeconds ?? 0 };
}
