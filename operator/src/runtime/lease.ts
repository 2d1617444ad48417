import { z } from 'zod';
import { ApiError } from './api-error.js';
import { pause, systemClock } from './clock.js';
import type { Clock } from './clock.js';
import type { ClusterClient } from './cluster-client.js';
import type { DesiredObject, KubeObject, ObjectKey } from './kube-object.js';
import { decideLease } from './lease-decision.js';
import type { LeaseObservation } from './lease-decision.js';
import type { ResourceKind } from './resource-kind.js';

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
  /** Between two looks of a contender, and between two renewals of the leader. */
  readonly retrySeconds: number;
}

export interface LeaderOptions {
  readonly cluster: ClusterClient;
  /** The Lease object. */
  readonly key: ObjectKey;
  /** Different for every process, also for one that restarts in the same pod. */
  readonly identity: string;
  /** What only the leader does. It must end soon after its signal is aborted, and may end by itself. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly times?: LeaseTimes | undefined;
  readonly clock?: Clock | undefined;
  /** Told about each failed look or renewal. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** `released`: the work ended, or the stop signal came. `lost`: someone else may lead now, so the process must exit. */
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
 * wait for its end. Resolves when leading has ended; rejects with what `lead` threw, after giving the Lease back.
 */
export async function runAsLeader(options: LeaderOptions, stop: AbortSignal): Promise<LeadershipEnd> {
  const candidate = new Candidate(options);
  if (!(await candidate.acquire(stop))) return 'released';
  const leading = new AbortController();
  const renewing = new AbortController();
  const stepDown = () => {
    leading.abort();
  };
  stop.addEventListener('abort', stepDown, { once: true });
  if (stop.aborted) stepDown();
  // The Lease is renewed until the work has really ended, not only until it was told to end.
  const lost = candidate.keep(renewing.signal).then((kept) => {
    if (!kept) stepDown();
    return !kept;
  });
  try {
    await options.lead(leading.signal);
  } finally {
    renewing.abort();
    stop.removeEventListener('abort', stepDown);
    if (!(await lost)) await candidate.release();
  }
  return (await lost) ? 'lost' : 'released';
}

class Candidate {
  readonly #options: LeaderOptions;
  readonly #times: LeaseTimes;
  readonly #clock: Clock;
  #lease: KubeObject | undefined;
  #observation: LeaseObservation | undefined;
  #renewedAt = 0;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#times = options.times ?? TIMES;
    this.#clock = options.clock ?? systemClock;
  }

  /** True when this process holds the Lease, false when it was stopped before. */
  async acquire(stop: AbortSignal): Promise<boolean> {
    while (!stop.aborted) {
      if (await this.#try()) return true;
      await pause(this.#clock, this.#times.retrySeconds * 1000, stop);
    }
    return false;
  }

  /** Renews until aborted (true), or until no renewal got through in time or another holder was seen (false). */
  async keep(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      await pause(this.#clock, this.#times.retrySeconds * 1000, signal);
      if (signal.aborted) return true;
      const held = await this.#try();
      if (!held && this.#heldByOther()) return false;
      const silence = this.#clock.monotonic() - this.#renewedAt;
      if (silence >= this.#times.renewDeadlineSeconds * 1000) return false;
    }
  }

  /** Gives the Lease back. When that fails the next leader waits for its end: no harm. */
  async release(): Promise<void> {
    try {
      await this.#observe();
      if (this.#lease === undefined || this.#heldByOther()) return;
      const spec = { ...specOf(this.#lease), holderIdentity: '', leaseDurationSeconds: 1, renewTime: this.#time() };
      await this.#options.cluster.replace(leaseKind, { ...this.#lease, spec }, this.#limit());
    } catch (error) {
      this.#options.onError?.(error);
    }
  }

  async #try(): Promise<boolean> {
    // Measured before the call: the record can't be older than this, so we give up before others take over.
    const startedAt = this.#clock.monotonic();
    try {
      await this.#observe();
      const decision = decideLease(this.#options.identity, this.#observation, this.#clock.monotonic());
      if (decision.kind === 'wait') return false;
      await this.#write();
      this.#renewedAt = startedAt;
      return true;
    } catch (error) {
      // A conflict means that someone else wrote first, which the next look will show.
      if (!(error instanceof ApiError && error.code === 409)) this.#options.onError?.(error);
      return false;
    }
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
