import type { Registry } from 'prom-client';
import { Histogram } from 'prom-client';

interface BucketOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Upper bounds, rising. */
  readonly buckets: readonly number[];
  readonly registers: Registry[];
}

interface Series {
  /** Observations by the first bucket that holds them; the last one holds the rest. */
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A histogram with one label that is counted in arrays: prom-client's own looks at names and values of labels again for each
 * observation. It is exposed as any other one.
 */
export class BucketHistogram extends Histogram {
  private readonly series = new Map<string, Series>();

  constructor(private readonly options: BucketOptions) {
    super({ ...options, buckets: [...options.buckets] });
  }

  /** Counts an observation under a value of the label. */
  count(label: string, observation: number): void {
    const series = this.series.get(label) ?? this.begin(label);
    const { buckets } = this.options;
    let bucket = 0;
    while (bucket < buckets.length && observation > (buckets[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += observation;
  }

  private begin(label: string): Series {
    const series = { counts: new Float64Array(this.options.buckets.length + 1), sum: 0 };
    this.series.set(label, series);
    return series;
  }

  /** What prom-client asks every metric for. */
  getForPromString() {
    const { name, help } = this.options;
    const values = [...this.series].flatMap(([label, series]) => this.samples(label, series));
    return Promise.resolve({ name, help, type: 'histogram', values, aggregator: 'sum' });
  }

  private samples(label: string, { counts, sum }: Series) {
    const { name, buckets } = this.options;
    const sharedLabels = Object.fromEntries(this.options.labelNames.map((labelName) => [labelName, label]));
    let total = 0;
    const held = [...buckets, '+Inf'].map((le, bucket) => {
      total += counts[bucket] ?? 0;
      return { labels: { le }, sharedLabels, value: total, metricName: `${name}_bucket` };
    });
    return [
      ...held,
      { labels: {}, sharedLabels, value: sum, metricName: `${name}_sum` },
      { labels: {}, sharedLabels, value: total, metricName: `${name}_count` },
    ];
  }
}
