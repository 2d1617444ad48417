import { MAX_IMPORTANCES, type CardFigures, type Feature } from '@churnops/crds';
import { createHash } from 'node:crypto';
import { rocAuc } from '../evaluation/figures.js';

/** How often each feature is shuffled. */
const SHUFFLES = 5;

/** Held-out rows that are shuffled, at most. */
const MOST_ROWS = 5000;

/** Cells of the matrix that the model reads for one feature, at most: in wide tables the rows are fewer. */
const MOST_CELLS = 500_000;

interface JudgedRows {
  readonly features: readonly Pick<Feature, 'name' | 'offset' | 'width'>[];
  /** Columns of the matrix. */
  readonly width: number;
  readonly test: { readonly values: Float32Array; readonly labels: Float32Array };
  readonly seed: number;
}

/**
 * Permutation importance: by how much the ROC AUC on held-out rows falls when the values of one feature are dealt to other rows.
 * All columns of a feature move together.
 *
 * @param predict probabilities of rows of the matrix
 */
export async function importances(
  { features, width, test, seed }: JudgedRows,
  predict: (values: Float32Array) => Promise<Float32Array>,
): Promise<CardFigures['importances']> {
  const rows = sample(test.labels.length, Math.min(MOST_ROWS, Math.ceil(MOST_CELLS / width)));
  const labels = Float32Array.from(rows, (row) => test.labels[row] ?? 0);
  const values = new Float32Array(rows.length * width);
  for (const [place, row] of rows.entries())
    values.set(test.values.subarray(row * width, (row + 1) * width), place * width);
  const whole = rocAuc(await predict(values), labels);
  if (Number.isNaN(whole)) return [];
  const orders = Array.from({ length: SHUFFLES }, (_, shuffle) => orderOf(rows.length, `${seed} ${shuffle}`));
  const found: CardFigures['importances'] = [];
  for (const feature of features) {
    const scores = await predict(dealtInEach(values, width, feature, orders));
    const drops = orders.map(
      (_, shuffle) => whole - rocAuc(scores.subarray(shuffle * rows.length, (shuffle + 1) * rows.length), labels),
    );
    found.push({ feature: feature.name, ...summary(drops) });
  }
  return found.sort((a, b) => b.drop - a.drop).slice(0, MAX_IMPORTANCES);
}

/** Rows at equal distances. */
function sample(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, place) => Math.floor((place * rows) / count));
}

/** The rows in an order that the seed alone decides. */
function orderOf(rows: number, seed: string): number[] {
  const places = Array.from({ length: rows }, (_, row) =>
    createHash('sha256').update(`churnops-importance-v1\0${seed}\0${row}`).digest().readUIntBE(0, 6),
  );
  return Array.from(places.keys()).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
}

/** The rows once for each order, each row with a feature's columns of the row that has its place in the order. */
function dealtInEach(
  values: Float32Array,
  width: number,
  { offset, width: columns }: Pick<Feature, 'offset' | 'width'>,
  orders: readonly (readonly number[])[],
): Float32Array {
  const dealt = new Float32Array(values.length * orders.length);
  for (const [shuffle, order] of orders.entries()) {
    const start = shuffle * values.length;
    dealt.set(values, start);
    for (const [row, from] of order.entries())
      dealt.set(values.subarray(from * width + offset, from * width + offset + columns), start + row * width + offset);
  }
  return dealt;
}

function summary(drops: readonly number[]) {
  const mean = drops.reduce((sum, drop) => sum + drop, 0) / drops.length;
  return { drop: rounded(mean), least: rounded(Math.min(...drops)), most: rounded(Math.max(...drops)) };
}

function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
