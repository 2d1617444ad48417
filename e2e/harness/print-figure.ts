import { appendFileSync } from 'node:fs';

/** Prints a measured figure: tests report times and sizes, and never assert them. `make faults` shows them all at its end. */
export function printFigure(name: string, value: number, unit: string): void {
  const text = value >= 100 ? value.toFixed(0) : value.toFixed(1);
  process.stdout.write(`  figure: ${name}: ${text} ${unit}\n`);
  const table = process.env['CHURNOPS_FIGURES'] ?? '';
  if (table !== '') appendFileSync(table, `${name}\t${text} ${unit}\n`);
}

/** Prints the median and the largest of some measured values. */
export function printSpread(name: string, values: readonly number[], unit: string): void {
  const sorted = values.toSorted((a, b) => a - b);
  printFigure(`${name}, median of ${sorted.length}`, sorted[Math.floor(sorted.length / 2)] ?? NaN, unit);
  printFigure(`${name}, longest of ${sorted.length}`, sorted.at(-1) ?? NaN, unit);
}
