import { MAX_ARTIFACT_BYTES, type Feature, type ReplayTable } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { chooseReplayRows, replayTableWithin, replayText } from './replay-rows.js';

const feature: Feature = {
  name: 'spend',
  type: 'Numeric',
  storedAs: 'Number',
  missingPolicy: 'Allow',
  encoding: { kind: 'Number' },
  offset: 0,
  width: 1,
  missingShare: 0,
};

/** Every third row is held out, and every fifth has no `spend`. */
function table(rows: number, textOf: (row: number) => string = () => '') {
  return {
    features: [feature, { ...feature, name: 'note' }],
    side: Uint8Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 1 : 0)),
    rawRow: (row: number) => ({ key: `c${row}`, note: textOf(row), ...(row % 5 > 0 && { spend: row }) }),
  };
}

describe('rows to replay', () => {
  it('are 500 of the held-out ones, by the columns of features only', () => {
    const { columns, rows } = chooseReplayRows(table(9000), 42)!;
    expect(columns).toEqual(['spend', 'note']);
    expect(rows).toHaveLength(500);
    expect(rows.filter(([spend]) => spend !== null && Number(spend) % 3 !== 0)).toEqual([]);
    expect(rows.filter(([spend]) => spend === null).length).toBeGreaterThan(50);
  });

  it('are the same for the same table and seed, and others for another seed', () => {
    const [first, again, other] = [42, 42, 43].map((seed) => chooseReplayRows(table(9000), seed));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('are all held-out ones of a small table', () => {
    expect(chooseReplayRows(table(30), 42)?.rows).toHaveLength(10);
  });

  it.each([
    ['long', () => '\u5ba2'.repeat(3000)],
    ['longer than all may be together, in some rows', (row: number) => (row % 2 === 0 ? 'x'.repeat(300_000) : 'short')],
  ])('are fewer when their texts are %s', (_, textOf) => {
    const chosen = chooseReplayRows(table(9000, textOf), 42)!;
    expect(chosen.rows.length).toBeGreaterThan(15);
    expect(chosen.rows.length).toBeLessThan(500);
    expect(Buffer.byteLength(replayText(chosen))).toBeLessThanOrEqual(192 * 1024);
  });

  it.each([
    [
      'every row is too long',
      () =>
        chooseReplayRows(
          table(30, () => 'x'.repeat(MAX_ARTIFACT_BYTES)),
          42,
        ),
    ],
    ['nothing is held out', () => chooseReplayRows(table(0), 42)],
  ])('are none when %s', (_, choose) => {
    expect(choose()).toBeUndefined();
  });

  it('fill the room that is there', () => {
    const all: ReplayTable = { columns: ['spend'], rows: Array.from({ length: 100 }, (_, row) => [row]) };
    const whole = Buffer.byteLength(replayText(all));
    // The text has no comma after its last row, which the count allows for.
    expect(replayTableWithin(all, whole + 1)).toEqual(all);
    expect(replayTableWithin(all, whole - 3)?.rows.length).toBe(99);
  });
});
