type Labels = Readonly<Record<string, string>>;

/** A page in the text format of Prometheus, with numbers that a test makes up. */
export class PlayedPage {
  /** By the name of the metric, then by the text of its labels. */
  readonly #metrics = new Map<string, Map<string, number>>();

  /** `everywhere`: labels of every line. */
  constructor(readonly everywhere: Labels) {}

  /** `count` may be a part of one; the page shows whole ones. */
  add(metric: string, labels: Labels, count: number): void {
    this.#change(metric, labels, (before) => before + count);
  }

  set(metric: string, labels: Labels, value: number): void {
    this.#change(metric, labels, () => value);
  }

  /** Ends every line of a metric. */
  forget(metric: string): void {
    this.#metrics.delete(metric);
  }

  text(): string {
    const lines = [...this.#metrics].flatMap(([metric, values]) =>
      [...values].map(([labels, value]) => `${metric}{${labels}} ${Math.floor(value)}`),
    );
    return `${lines.join('\n')}\n`;
  }

  #change(metric: string, labels: Labels, next: (before: number) => number): void {
    const values = this.#metrics.get(metric) ?? new Map<string, number>();
    const key = Object.entries({ ...this.everywhere, ...labels })
      .map(([name, value]) => `${name}="${value}"`)
      .join(',');
    values.set(key, next(values.get(key) ?? 0));
    this.#metrics.set(metric, values);
  }
}
