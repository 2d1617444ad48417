import { servingMetrics } from '@churnops/crds';
import type { Requests } from '../decide/analysis/counters.js';
import type { Sample } from './metrics-text.js';

/** What users ask for; the others are for probes, documents and people. */
const routes: readonly (string | undefined)[] = ['/predict', '/predict/batch'];

const { requests, requestSeconds } = servingMetrics;

/**
 * The requests of users that a serving pod has answered since its process started, from its metrics page. Each answer of 5xx is a
 * failed one: a pod that shuts down answers predictions as before, so that none of them is meant. Slow is what took longer than the
 * smallest bound of the histogram from `thresholdMilliseconds` on; beyond its largest bound nothing is known to be slow. How many
 * were both slow and failed is not counted, so that `slow` is the least that it can be.
 */
export function servedReading(samples: readonly Sample[], thresholdMilliseconds: number): Requests {
  const own = samples.filter(({ labels }) => routes.includes(labels['route']));
  const answered = own.filter(({ name }) => name === requests.name);
  const failed = sum(answered.filter(({ labels: { code = '' } }) => code.startsWith('5')));
  const buckets = own.filter(({ name }) => name === `${requestSeconds.name}_bucket`);
  const bound = Math.min(...buckets.map(boundOf).filter((seconds) => 1000 * seconds >= thresholdMilliseconds));
  const all = sum(own.filter(({ name }) => name === `${requestSeconds.name}_count`));
  const inTime = sum(buckets.filter((bucket) => boundOf(bucket) === bound));
  return { requests: sum(answered), failed, slow: Math.max(failed, all - inTime) };
}

function boundOf({ labels: { le = '' } }: Sample): number {
  return le === '+Inf' ? Infinity : Number(le);
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
