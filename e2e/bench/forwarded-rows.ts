/** Rows that a pod sent to its peers, or gave up. */
export interface ForwardedRows {
  readonly answered: number;
  readonly failed: number;
}

/** Reads what became of the forwarded rows from the metrics of a router. */
export async function forwardedRows(metricsPort: number): Promise<ForwardedRows> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const page = await response.text();
  const samples = page.split('\n').filter((line) => line.startsWith('churnops_forwarded_total{'));
  const sum = (lines: readonly string[]) => lines.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  const answered = sum(samples.filter((line) => line.includes('outcome="Answered"')));
  return { answered, failed: sum(samples) - answered };
}
