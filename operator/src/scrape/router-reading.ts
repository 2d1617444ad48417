import { routingDigest, SCORE_BINS, servingMetrics } from '@churnops/crds';
import type { ForwardGroup, ForwardOutcome, RowSource } from '@churnops/crds';
import type { PodCounters, Requests } from '../decide/analysis/counters.js';
import type { Router } from '../decide/canary/canary-look.js';
import type { Sample } from './metrics-text.js';

/** What a serving pod says about the rollout of a candidate: where it is, and what it has counted since its process started. */
export interface RouterReading {
  readonly router: Router;
  /** Of rows that clients sent. */
  readonly counters: PodCounters;
  /** Of held-out rows that the pod sent itself. */
  readonly replay: PodCounters;
}

const { forwarded, forwardedScores, decisionFlips, routingInfo, breakerOpen } = servingMetrics;
const answered: ForwardOutcome = 'Answered';
const skipped: ForwardOutcome = 'Skipped';
const timeout: ForwardOutcome = 'Timeout';

/** Reads the metrics page of a serving pod; undefined when it says nothing of routing, as one of an older release. */
export function routerReading(samples: readonly Sample[], candidate: string): RouterReading | undefined {
  const info = samples.find(({ name }) => name === routingInfo.name);
  if (info === undefined) return undefined;
  const own = samples.filter(({ labels }) => labels['candidate'] === candidate);
  return {
    router: {
      sequence: Number(info.labels['sequence']),
      percent: Number(info.labels['percent']),
      reaches: valuesOf(own, breakerOpen.name, 'Candidate').every(({ value }) => value === 0),
    },
    counters: countersOf(own, 'Live'),
    replay: countersOf(own, 'Replay'),
  };
}

/** Whether the page is of a pod that acts on an older routing than this one. A release that does not say is taken to know it. */
export function actsOnOlder(samples: readonly Sample[], text: string, sequence: number): boolean {
  const { labels } = samples.find(({ name }) => name === routingInfo.name) ?? {};
  if (labels?.['digest'] === undefined || Number(labels['sequence']) > sequence) return false;
  return labels['digest'] !== routingDigest(text);
}

function countersOf(samples: readonly Sample[], source: RowSource): PodCounters {
  const own = samples.filter(({ labels }) => labels['source'] === source);
  return {
    candidate: requestsByPod(own),
    control: requestsOf(valuesOf(own, forwarded.name, 'Control')),
    scores: { candidate: binsOf(own, 'Candidate'), control: binsOf(own, 'Control') },
    pairs: {
      rows: requestsOf(valuesOf(own, forwarded.name, 'Candidate'), [answered]).requests,
      flips: sum(own.filter(({ name }) => name === decisionFlips.name)),
    },
  };
}

function valuesOf(samples: readonly Sample[], name: string, group: ForwardGroup): readonly Sample[] {
  return samples.filter((sample) => sample.name === name && sample.labels['group'] === group);
}

/** By the pod that the rows went to; those that went to none, because the breaker was open, are under the empty name. */
function requestsByPod(samples: readonly Sample[]): Record<string, Requests> {
  const byPod = Object.groupBy(valuesOf(samples, forwarded.name, 'Candidate'), ({ labels }) => labels['pod'] ?? '');
  return Object.fromEntries(Object.entries(byPod).map(([pod, lines = []]) => [pod, requestsOf(lines)]));
}

/** A row without a good answer failed; one without any within the threshold was slow, as far as anybody knows. */
function requestsOf(samples: readonly Sample[], outcomes?: readonly string[]): Requests {
  const counted = samples.filter(({ labels: { outcome = '' } }) => outcomes?.includes(outcome) ?? outcome !== skipped);
  const slow = counted.filter(({ labels }) => labels['outcome'] !== answered);
  const failed = slow.filter(({ labels }) => labels['outcome'] !== timeout);
  return { requests: sum(counted), failed: sum(failed), slow: sum(slow) };
}

function binsOf(samples: readonly Sample[], group: ForwardGroup): number[] {
  const scores = valuesOf(samples, forwardedScores.name, group);
  if (scores.length === 0) return [];
  const ofBin = (bin: number) => sum(scores.filter(({ labels }) => labels['bin'] === String(bin)));
  return Array.from({ length: SCORE_BINS }, (_, bin) => ofBin(bin));
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
