import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CellCodes } from '../dataset/cell-codes.js';
import type { RowContents } from './row-contents.js';
import { splitRows, splitShares } from './split-rows.js';

const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1, maxLength: 60 });

function codesOf(texts: readonly string[]): CellCodes {
  const distinct = [...new Set(texts)];
  return { codes: Int32Array.from(texts, (text) => distinct.indexOf(text)), texts: distinct };
}

function contentsOf(keys: readonly string[]): RowContents {
  const { codes, texts } = codesOf(keys);
  return { contentOf: Uint32Array.from(codes), count: texts.length, keyOf: (content) => texts[content] ?? '' };
}

describe('the split', () => {
  it('never parts equal rows nor rows of one customer', () => {
    fc.assert(
      fc.property(letters, letters, (contents, some) => {
        const entities = contents.map((_, row) => some[row % some.length] ?? '');
        const { side, fold } = splitRows(contentsOf(contents), codesOf(entities));
        for (const keys of [contents, entities]) {
          const places = new Set(keys.map((key, row) => `${key} ${side[row] ?? 9} ${fold[row] ?? 9}`));
          expect(places.size).toBe(new Set(keys).size);
        }
      }),
    );
  });

  it('keeps rows where they are when the table grows by other rows', () => {
    const keys = Array.from({ length: 500 }, (_, row) => `row ${row}`);
    const small = splitRows(contentsOf(keys.slice(0, 300)));
    const large = splitRows(contentsOf(keys));
    expect(large.side.slice(0, 300)).toEqual(small.side);
    expect(large.fold.slice(0, 300)).toEqual(small.fold);
  });

  it('gives a fifth to the test side and to each fold', () => {
    const shares = Array.from({ length: 20_000 }, (_, row) => splitShares(`customer ${row}`));
    expect(shares.filter(({ side }) => side >= 0.8).length / 20_000).toBeCloseTo(0.2, 1);
    expect(shares.filter(({ fold }) => fold < 0.2).length / 20_000).toBeCloseTo(0.2, 1);
  });
});
