import { servingMetrics as contract } from '@churnops/crds';
import { Counter, Gauge, Registry } from 'prom-client';
import { BucketHistogram } from './bucket-histogram.js';
import { metricOptions } from './metric-options.js';

/** Who the numbers are about. */
export interface MetricsSubject {
  readonly model: string;
  readonly revision: string;
  readonly artifactSha256: string;
  /** Names of the categorical features, so that their counters start at 0. */
  readonly categoricalFeatures: readonly string[];
}

/** Counts what a serving process does. Label values are bounded: routes by pattern, features by the contract. */
export class ServingMetrics {
  readonly registry = new Registry();
  private readonly requests: Counter;
  private readonly seconds: BucketHistogram;
  private readonly limited: Counter;
  private readonly predictions: Counter;
  private readonly rowErrors: Counter;
  private readonly unseen: Counter;

  constructor(subject: MetricsSubject) {
    const { model, revision, artifactSha256 } = subject;
    const registers = [this.registry];
    this.registry.setDefaultLabels({ model, revision });
    this.requests = new Counter({ ...metricOptions(contract.requests), registers });
    this.seconds = new BucketHistogram({
      ...metricOptions(contract.requestSeconds),
      labelNames: ['route'],
      registers,
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    });
    this.limited = new Counter({ ...metricOptions(contract.rateLimited), registers });
    this.predictions = new Counter({ ...metricOptions(contract.predictions), registers });
    this.rowErrors = new Counter({ ...metricOptions(contract.rowErrors), registers });
    this.unseen = new Counter({ ...metricOptions(contract.unseenCategories), registers });
    new Gauge({ ...metricOptions(contract.modelInfo), registers }).set({ artifact_sha256: artifactSha256 }, 1);
    // Counters that start at 0 let a rate see the first event.
    this.predictions.inc({ churn: 'true' }, 0);
    this.predictions.inc({ churn: 'false' }, 0);
    this.rowErrors.inc(0);
    this.limited.inc(0);
    for (const feature of subject.categoricalFeatures) this.unseen.inc({ feature }, 0);
  }

  /** A request was answered; `route` is a pattern, never a path that a caller chose. */
  answered(route: string, code: number, seconds: number): void {
    this.requests.inc({ route, code: String(code) });
    this.seconds.count(route, seconds);
  }

  /** A request was refused because its client sent too many. */
  rateLimited(): void {
    this.limited.inc();
  }

  /** A customer was scored, and the answer is this pod's own. */
  predicted(churn: boolean): void {
    this.predictions.inc({ churn: String(churn) });
  }

  /** A row was refused. */
  rowRefused(): void {
    this.rowErrors.inc();
  }

  /** A row had a category that training never saw. */
  unseenCategory(feature: string): void {
    this.unseen.inc({ feature });
  }
}
