import type { Feature } from '@churnops/crds';
import type { Column } from '../dataset/table.js';
import { parseDays, parseDecimal } from '../features/cell-encoder.js';
import { numbersOf } from '../features/numbers-of.js';

/** Bins that numbers are put into, at most. */
const MAX_NUMBER_BINS = 50;

/** The edges of the bins are quantiles of so many values at most, taken at even distances. */
const MAX_SAMPLE = 20_000;

/** A column as bins of like values. */
export interface BinnedColumn {
  /** Bin of each row. */
  readonly bins: Uint32Array;
  readonly count: number;
  /** The first so many bins are in the order of their numbers; the others are in none. */
  readonly ordered: number;
}

/** Puts the cells of a feature into bins: numbers and dates by their quantiles, else each value its own; missing is its own bin. */
export function binColumn(column: Column, { type }: Pick<Feature, 'type'>): BinnedColumn {
  if (type === 'Numeric') return binNumbers(numbersOf(column, parseDecimal));
  if (type === 'Date') return binNumbers(numbersOf(column, parseDays));
  return column.kind === 'Text' ? binTexts(column.codes, column.dictionary) : binDistinct(column.values);
}

function binNumbers(values: Float64Array): BinnedColumn {
  const edges = quantileEdges(values);
  const missing = edges.length + 1;
  const binOf = (value: number) => (Number.isNaN(value) ? missing : edgesBelow(edges, value));
  return { bins: mapRows(values, binOf), count: missing + 1, ordered: missing };
}

/** Ascending and distinct. Of few distinct values each is an edge, so that it has a bin of its own. */
function quantileEdges(values: Float64Array): Float64Array {
  const sample = sampleOf(values).sort();
  const distinct = new Set(sample);
  if (distinct.size <= MAX_NUMBER_BINS) return Float64Array.from(distinct);
  const edges = Array.from(
    { length: MAX_NUMBER_BINS - 1 },
    (_, index) => sample[Math.floor(((index + 1) * sample.length) / MAX_NUMBER_BINS)] ?? 0,
  );
  return Float64Array.from(new Set(edges));
}

/** Values that are not missing, at even distances. */
function sampleOf(values: Float64Array): Float64Array {
  let present = 0;
  for (const value of values) if (!Number.isNaN(value)) present += 1;
  const step = Math.max(1, Math.ceil(present / MAX_SAMPLE));
  const sample = new Float64Array(Math.ceil(present / step));
  let position = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (position % step === 0) sample[position / step] = value;
    position += 1;
  }
  return sample;
}

/** A loop, since `from` of a typed array takes several times as long. */
function mapRows(cells: Float64Array | Int32Array, binOf: (cell: number) => number): Uint32Array {
  const bins = new Uint32Array(cells.length);
  for (let row = 0; row < cells.length; row += 1) bins[row] = binOf(cells[row] ?? Number.NaN);
  return bins;
}

/** How many edges are less than the value. */
function edgesBelow(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Texts that differ only in the spaces around them are the same value; blank is missing. */
function binTexts(codes: Int32Array, dictionary: readonly string[]): BinnedColumn {
  const positions = new Map([['', 0]]);
  const bins = dictionary.map((text) => position(positions, text.trim()));
  return { bins: mapRows(codes, (code) => bins[code] ?? 0), count: positions.size, ordered: 0 };
}

/** Numbers that stand for categories. All NaN are one value to a map. */
function binDistinct(values: Float64Array): BinnedColumn {
  const positions = new Map<number, number>();
  const bins = mapRows(values, (value) => position(positions, value));
  return { bins, count: positions.size, ordered: 0 };
}

function position<T>(positions: Map<T, number>, value: T): number {
  const known = positions.get(value) ?? positions.size;
  positions.set(value, known);
  return known;
}
