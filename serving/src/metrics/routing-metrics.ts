import type { ForwardGroup, RowSource } from '@churnops/crds';
import { ForwardOutcome, routingDigest, SCORE_BINS, servingMetrics as contract } from '@churnops/crds';
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { RefusalReason } from '../routing/peer-messages.js';
import { metricOptions } from './metric-options.js';

/** The slice of customers that a number is about. */
export interface GroupLabels {
  /** The revision that is rolled out; of the control group too. */
  readonly candidate: string;
  readonly group: ForwardGroup;
}

/** Rows of a slice that come from the same place. */
export interface RowLabels extends GroupLabels {
  readonly source: RowSource;
}

const bins = Array.from({ length: SCORE_BINS }, (_, bin) => String(bin));

/** Counts what is forwarded to peers, and what peers forward to this pod. */
export class RoutingMetrics {
  private readonly forwards: Counter;
  private readonly seconds: Histogram;
  private readonly scores: Counter;
  private readonly flips: Counter;
  private readonly info: Gauge;
  private readonly breaker: Gauge;
  private readonly copies: Counter;
  private readonly refusals: Counter;
  /** Slices whose numbers have started. */
  private readonly begun = new Set<string>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.forwards = new Counter({ ...metricOptions(contract.forwarded), registers });
    this.seconds = new Histogram({
      ...metricOptions(contract.forwardSeconds),
      registers,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.5, 1, 2.5, 5, 10],
    });
    this.scores = new Counter({ ...metricOptions(contract.forwardedScores), registers });
    this.flips = new Counter({ ...metricOptions(contract.decisionFlips), registers });
    this.info = new Gauge({ ...metricOptions(contract.routingInfo), registers });
    this.breaker = new Gauge({ ...metricOptions(contract.breakerOpen), registers });
    this.copies = new Counter({ ...metricOptions(contract.copies), registers });
    this.refusals = new Counter({ ...metricOptions(contract.peerRefusals), registers });
    this.acknowledged({ sequence: 0, percent: 0, text: '' });
    for (const churn of ['true', 'false']) this.copies.inc({ churn }, 0);
    for (const reason of RefusalReason.options) this.refusals.inc({ reason }, 0);
  }

  /** This pod acts on the routing with this sequence from now on, whose annotation is `text`. */
  acknowledged({ sequence, percent, text }: Readonly<Record<'sequence' | 'percent', number> & { text: string }>): void {
    this.info.reset();
    this.info.set({ sequence: String(sequence), percent: String(percent), digest: routingDigest(text) }, 1);
  }

  /** The numbers of a rollout start at 0, so that a rate sees the first event. */
  begin(labels: RowLabels, pods: readonly string[]): void {
    const begun = JSON.stringify(labels);
    // Unlike counters, a histogram that starts at 0 once more loses what it has counted.
    if (!this.begun.has(begun)) this.seconds.zero({ ...labels });
    this.begun.add(begun);
    for (const bin of bins) this.scores.inc({ ...labels, bin }, 0);
    for (const pod of pods) {
      for (const outcome of ForwardOutcome.options) this.forwards.inc({ ...labels, pod, outcome }, 0);
    }
    this.flips.inc({ candidate: labels.candidate, source: labels.source }, 0);
  }

  /** Ends the numbers of earlier rollouts: a pod may live through many of them. */
  forget(): void {
    this.begun.clear();
    for (const metric of [this.forwards, this.seconds, this.scores, this.flips, this.breaker]) metric.reset();
  }

  /** Whether rows for the group are kept back from now on. */
  broken(labels: GroupLabels, isOpen: boolean): void {
    this.breaker.set({ ...labels }, isOpen ? 1 : 0);
  }

  /** Rows of one message ended in the same way. */
  forwarded(labels: RowLabels & { pod: string }, outcome: ForwardOutcome, rows: number): void {
    if (rows > 0) this.forwards.inc({ ...labels, outcome }, rows);
  }

  /** A row was answered in time. */
  timed({ candidate, source, group }: RowLabels, seconds: number): void {
    this.seconds.observe({ candidate, source, group }, seconds);
  }

  /** A row that the candidate answered has a score in this bin: the candidate's, or this pod's own in group `Control`. */
  scored({ candidate, source, group }: RowLabels, bin: number): void {
    this.scores.inc({ candidate, source, group, bin: String(bin) });
  }

  /** The candidate decided otherwise than this pod. */
  flipped(candidate: string, source: RowSource): void {
    this.flips.inc({ candidate, source });
  }

  /** A copy of another pod was scored. */
  copied(churn: boolean): void {
    this.copies.inc({ churn: String(churn) });
  }

  /** A message on the peer port was refused. */
  refused(reason: RefusalReason): void {
    this.refusals.inc({ reason });
  }
}
