import type { CellValue, Manifest } from '@churnops/crds';
import type { PreparedData } from '../dataset/prepared-data.js';

type GoldenRow = Manifest['goldenRows'][number];

const MOST_ROWS = 64;
/** Part of them that is reserved for rows with a missing value. */
const MISSING_SHARE = 1 / 8;
/** What golden rows may take of the manifest, in bytes of JSON, so that wide tables still fit a ConfigMap. */
const MOST_BYTES = 200_000;

/** Of a larger table so many rows, at even distances, are spread widely enough. */
const MOST_CANDIDATES = 20_000;

/** Rows that golden rows are chosen from: of a large table some, and the first with missing values. */
export function goldenCandidates(data: PreparedData): number[] {
  const step = Math.max(1, data.rows / MOST_CANDIDATES);
  const rows = new Set(Array.from({ length: Math.ceil(data.rows / step) }, (_, place) => Math.floor(place * step)));
  let incomplete = 0;
  for (let row = 0; row < data.rows && incomplete < MOST_ROWS && step > 1; row += 1) {
    if (!hasMissing(data, row)) continue;
    rows.add(row);
    incomplete += 1;
  }
  return [...rows];
}

/** Rows of the table with their probabilities. */
interface Candidates {
  readonly rows: readonly number[];
  readonly scores: ArrayLike<number>;
}

/**
 * Rows that a server must reproduce before it is ready: spread evenly over the ranks of the probabilities, some with missing
 * values. Only the columns of features: neither keys nor columns that the user excluded leave the table.
 */
export function chooseGoldenRows(data: PreparedData, { rows: candidates, scores }: Candidates): GoldenRow[] {
  const scoreOf = new Map(candidates.map((row, place) => [row, scores[place] ?? 0]));
  const order = candidates.toSorted((a, b) => (scoreOf.get(a) ?? 0) - (scoreOf.get(b) ?? 0) || a - b);
  const incomplete = order.filter((row) => hasMissing(data, row));
  for (let count = MOST_ROWS; ; count = Math.floor(count / 2)) {
    const reserved = new Set(spread(incomplete, Math.ceil(count * MISSING_SHARE)));
    const others = order.filter((row) => !reserved.has(row));
    const chosen = [...reserved, ...spread(others, count - reserved.size)];
    const rows = chosen.map((row) => goldenRow(data, row, scoreOf.get(row) ?? 0));
    if (count === 1 || Buffer.byteLength(JSON.stringify(rows)) <= MOST_BYTES) return rows;
  }
}

/** Members at even distances, the first and the last among them. */
function spread(order: readonly number[], count: number): number[] {
  if (order.length <= count) return [...order];
  return Array.from(
    { length: count },
    (_, i) => order[Math.round((i * (order.length - 1)) / Math.max(1, count - 1))] ?? 0,
  );
}

function hasMissing(data: PreparedData, row: number): boolean {
  return data.matrix.subarray(row * data.width, (row + 1) * data.width).some(Number.isNaN);
}

function goldenRow(data: PreparedData, index: number, probability: number): GoldenRow {
  const raw = data.rawRow(index);
  const row: Record<string, CellValue> = {};
  for (const { name } of data.features) row[name] = raw[name] ?? null;
  return { row, probability };
}
