import type { CellValue, Manifest } from '@churnops/crds';
import type { PreparedData } from '../dataset/prepared-data.js';
import type { JudgedDecision } from './figures.js';
import { judgePlainly } from './judge.js';

type Slice = NonNullable<Manifest['slices']>[number];

/** Rows with fewer figures say nothing: they are only counted. */
const LEAST_ROWS = 50;

/** Values of a column that are slices of their own, the most frequent; the others are one together. */
const MOST_VALUES = 12;

const MISSING = '(missing)';
const OTHERS = '(others)';

/** Held-out rows with their probabilities. */
export interface ScoredRows {
  /** Rows of the data. */
  readonly rows: readonly number[];
  readonly scores: Float32Array;
  readonly labels: Float32Array;
}

/** Judges the rows of each value of the columns apart; numbers with many values in quarters. */
export function judgeSlices(
  columns: readonly string[],
  data: Pick<PreparedData, 'rawRow'>,
  scored: ScoredRows,
  decision: JudgedDecision,
): Slice[] {
  return columns.flatMap((feature) => {
    const values = sliceValues(scored.rows.map((row) => data.rawRow(row)[feature] ?? null));
    const members = new Map<string, number[]>();
    for (const [position, value] of values.entries()) members.set(value, [...(members.get(value) ?? []), position]);
    return [...members]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([value, positions]) => judgeSlice({ feature, value }, positions, scored, decision));
  });
}

function judgeSlice(
  name: Pick<Slice, 'feature' | 'value'>,
  positions: readonly number[],
  scored: ScoredRows,
  decision: JudgedDecision,
): Slice {
  const scores = Float32Array.from(positions, (position) => scored.scores[position] ?? Number.NaN);
  const labels = Float32Array.from(positions, (position) => scored.labels[position] ?? 0);
  const rows = positions.length;
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const flagged = scores.filter((score) => score >= decision.threshold).length;
  const slice = { ...name, rows, positives, flaggedShare: Math.round((flagged / rows) * 1e6) / 1e6 };
  const judged = rows >= LEAST_ROWS && positives > 0 && positives < rows;
  return judged ? { ...slice, metrics: judgePlainly(scores, labels, decision) } : slice;
}

/** The slice that each cell belongs to. */
function sliceValues(cells: readonly CellValue[]): string[] {
  const texts = cells.map((cell) => (cell === null || cell === '' ? MISSING : String(cell)));
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size <= MOST_VALUES) return texts;
  const numbers = texts.map(Number);
  if (numbers.every((value, row) => texts[row] === MISSING || !Number.isNaN(value))) return quarters(numbers);
  const frequent = [...counts].sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1)).slice(0, MOST_VALUES);
  const kept = new Set(frequent.map(([text]) => text));
  return texts.map((text) => (kept.has(text) ? text : OTHERS));
}

function quarters(numbers: readonly number[]): string[] {
  const ascending = Float64Array.from(numbers.filter((value) => !Number.isNaN(value))).sort();
  const edges = [1, 2, 3].map((quarter) => ascending[Math.ceil((quarter * ascending.length) / 4) - 1] ?? 0);
  const [low = 0, middle = 0, high = 0] = edges;
  return numbers.map((value) => {
    if (Number.isNaN(value)) return MISSING;
    if (value <= low) return `up to ${low}`;
    if (value <= middle) return `above ${low} up to ${middle}`;
    return value <= high ? `above ${middle} up to ${high}` : `above ${high}`;
  });
}
