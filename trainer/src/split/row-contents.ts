import { hash } from 'node:crypto';
import type { Feature } from '@churnops/crds';
import { cellCodes } from '../dataset/cell-codes.js';
import { textAt, type Table } from '../dataset/table.js';

/** Which rows are equal in all features. */
export interface RowContents {
  /** Of each row, the same number as that of all its exact duplicates; the numbers go up from 0. */
  readonly contentOf: Uint32Array;
  /** How many different ones there are. */
  readonly count: number;
  /** What tells a content from all others, in any table: a hash of the features as they are stored. */
  readonly keyOf: (content: number) => string;
}

/** Finds the exact duplicates among the rows of a table. */
export function rowContents(table: Table, features: readonly Feature[]): RowContents {
  const names = new Set(features.map(({ name }) => name));
  const columns = table.columns.filter(({ name }) => names.has(name));
  const words = columns.flatMap((column) =>
    column.kind === 'Text' ? [cellCodes(column).codes] : [...halvesOf(column.values)],
  );
  const { contentOf, firsts } = numbered(words, table.rows);
  return {
    contentOf,
    count: firsts.length,
    keyOf: (content) => {
      const row = firsts[content] ?? 0;
      const cells = columns.map((column) => textAt(column, row) ?? null);
      return hash('sha256', JSON.stringify(cells), 'base64');
    },
  };
}

/** The lower and the upper bits of numbers, of which there is one 0 and one NaN. */
function halvesOf(values: Float64Array): [Int32Array, Int32Array] {
  const halves = new Int32Array(values.map((value) => (Number.isNaN(value) ? Number.NaN : value + 0)).buffer);
  const [lower, upper] = [new Int32Array(values.length), new Int32Array(values.length)];
  for (let row = 0; row < values.length; row += 1) {
    lower[row] = halves[2 * row] ?? 0;
    upper[row] = halves[2 * row + 1] ?? 0;
  }
  return [lower, upper];
}

/** Numbers the rows by their words; `firsts` has the first row of each number. */
function numbered(words: readonly Int32Array[], rows: number): { contentOf: Uint32Array; firsts: readonly number[] } {
  const hashes = hashesOf(words, rows);
  const contentOf = new Uint32Array(rows);
  const firsts: number[] = [];
  const mask = 2 ** Math.ceil(Math.log2(2 * rows)) - 1;
  // Open addressing: a map of a million strings would take hundreds of megabytes. 0 is empty, else it is a content, plus 1.
  const slots = new Uint32Array(mask + 1);
  const isSame = (row: number, other: number) =>
    hashes[row] === hashes[other] && words.every((word) => word[row] === word[other]);
  for (const [row, hash] of hashes.entries()) {
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const known = slots[slot] || (slots[slot] = firsts.push(row));
      contentOf[row] = known - 1;
      if (isSame(row, firsts[known - 1] ?? 0)) break;
    }
  }
  return { contentOf, firsts };
}

/** Mixes the words of each row (the finalizer of MurmurHash3 after each). */
function hashesOf(words: readonly Int32Array[], rows: number): Int32Array {
  const hashes = new Int32Array(rows);
  for (const word of words) {
    for (let row = 0; row < rows; row += 1) {
      let hash = Math.imul(hashes[row] ?? 0, 31) + (word[row] ?? 0);
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hashes[row] = hash ^ (hash >>> 16);
    }
  }
  return hashes;
}
