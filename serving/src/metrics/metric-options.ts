interface MetricContract {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** A declared metric as prom-client takes it. */
export function metricOptions({ name, help, labels }: MetricContract) {
  return { name, help, labelNames: labels };
}
