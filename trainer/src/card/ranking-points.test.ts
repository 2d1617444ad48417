import { MAX_RANKING_POINTS } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { ranked } from '../evaluation/ranked.js';
import { tenCustomers } from '../fixtures/ten-customers.js';
import { foundWithin, rankingPoints, tableShares } from './ranking-points.js';

const scores = [0.1, 0.2, 0.6, 0.9, 0.3, 0.7, 0.8, 0.6, 0.2, 0.1];
const labels = [0, 0, 1, 1, 1, 0, 1, 0, 0, 0];

function pointsOf(allScores: readonly number[], allLabels: readonly number[], threshold = 0.65) {
  return rankingPoints(ranked(Float32Array.from(allScores), Float32Array.from(allLabels)), threshold);
}

describe('the points of a ranking', () => {
  it('are all ends of ties where they are few', () => {
    const shown = pointsOf(scores, labels).map(([score, ...counts]) => [Number(score.toFixed(6)), ...counts]);
    expect(shown).toEqual(tenCustomers.ranking);
  });

  it('are one when all rows have the same probability', () => {
    expect(pointsOf([0.5, 0.5, 0.5], [1, 0, 0])).toEqual([[0.5, 3, 1]]);
  });

  it.each([
    ['that leave evenly', (row: number) => (row % 4 === 0 ? 1 : 0)],
    ['of whom the last few leave', (row: number) => (row > 49_900 ? 1 : 0)],
    ['of whom the first few leave', (row: number) => (row < 20 ? 1 : 0)],
  ])('are few for 50,000 rows %s, and exact at the threshold and at the shares of the table', (_, labelOf) => {
    const many = Array.from({ length: 50_000 }, (__, row) => 1 - row / 50_001);
    const left: readonly number[] = many.map((__, row) => labelOf(row));
    const points = pointsOf(many, left, 0.73);
    expect(points.length).toBeLessThanOrEqual(MAX_RANKING_POINTS);
    const leaversOf = (count: number) => left.slice(0, count).reduce((sum, label) => sum + label, 0);
    for (const share of tableShares) expect(foundWithin(points, share)).toBeCloseTo(leaversOf(share * 50_000), 6);
    const flagged = many.filter((score) => Math.fround(score) >= 0.73).length;
    expect(points.findLast(([score]) => score >= 0.73)?.slice(1)).toEqual([flagged, leaversOf(flagged)]);
    expect(points.at(-1)?.slice(1)).toEqual([50_000, leaversOf(50_000)]);
  });
});

describe('the leavers within a share of the rows', () => {
  it.each([
    ['half a row', 0.05, 0.5],
    ['two rows', 0.2, 2],
    ['half of a tie', 0.4, 2.5],
    ['all rows', 1, 4],
  ])('are counted for %s', (_, share, found) => {
    expect(foundWithin(tenCustomers.ranking, share)).toBeCloseTo(found, 9);
  });
});
