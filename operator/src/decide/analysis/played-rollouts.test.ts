import { appendFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { burstCells, equalGroups, rolloutCells } from '../../fixtures/canary-tables.js';
import { defaultSettings } from '../../fixtures/played-canary.js';
import { playBursts, playRollout } from '../../fixtures/played-scenarios.js';
import type { Ending } from '../../fixtures/played-scenarios.js';

const isLong = process.env['CHURNOPS_FAULTS'] === 'long';
const RUNS = isLong ? 500 : 40;
/** Half an hour without an end takes longest. */
const BURST_RUNS = isLong ? 500 : 12;
/** How many runs made the tables. */
const TABLE_RUNS = 300;
/** In the tables test 1 alone had the whole error probability of 0.01. Here it has a part of it. */
const asInTables = { ...defaultSettings, errorProbability: 0.025 };
/** In the short form only what takes little time and differs most. */
const inShortForm = (name: string) =>
  /^(100\/s, 0.1 %.* (A\/A|\+1pp|\+5pp|100%)|1000\/s, 1.0 %.*(A\/A|\+1pp))$/.test(name);
const burstsInShortForm = ['outage 1 per 4 h, 60 s', '+5pp, outage 1 per 4 h, 60 s', '+98pp, looks with rho 0.01'];

function runs(times: number, play: (seed: number) => Ending): readonly Ending[] {
  return Array.from({ length: times }, (_, run) => play(run * 7919 + 1));
}

function percentage(endings: readonly Ending[], kind: Ending['kind']): number {
  return (100 * endings.filter((ending) => ending.kind === kind).length) / endings.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const medianSeconds = (endings: readonly Ending[]) => median(endings.map(({ seconds }) => seconds));

/** Four standard errors of two simulations, and two points for what the table does not say of its scenarios. */
function expectPercentage(endings: readonly Ending[], kind: Ending['kind'], table: number): void {
  const p = table / 100;
  const deviation = 100 * Math.sqrt(p * (1 - p) * (1 / endings.length + 1 / TABLE_RUNS));
  expect(Math.abs(percentage(endings, kind) - table)).toBeLessThanOrEqual(2 + 4 * deviation);
}

/** A fifth, or one look. Few runs, as in the short form, have a less certain median. */
function expectSeconds(actual: number, table: number): void {
  expect(Math.abs(actual - table)).toBeLessThanOrEqual(Math.max(10, (isLong ? 0.2 : 0.35) * table));
}

function print(name: string, endings: readonly Ending[]): void {
  if (!isLong) return;
  const shares = (['Promoted', 'RolledBack', 'Inconclusive'] as const).map((kind) =>
    percentage(endings, kind).toFixed(1),
  );
  const failed = median(endings.map(({ failed: count }) => count));
  const text = `${shares.join(' / ')} %, ${medianSeconds(endings)} s, ${failed} failed`;
  process.stdout.write(`  figure: ${name}: ${text}\n`);
  const table = process.env['CHURNOPS_FIGURES'] ?? '';
  if (table !== '') appendFileSync(table, `${name}\t${text}\n`);
}

describe('a whole rollout, decided by the real code', () => {
  const cells = rolloutCells.filter(({ name }) => isLong || inShortForm(name));

  it.each(cells.map((cell) => [cell.name, cell] as const))('%s: ends as the table says', (name, cell) => {
    const endings = runs(RUNS, (seed) => playRollout(cell.traffic, seed, asInTables));
    print(`rollout at the table's level, ${name}`, endings);
    expectPercentage(endings, 'Promoted', cell.promoted);
    expectPercentage(endings, 'RolledBack', cell.rolledBack);
    expectPercentage(endings, 'Inconclusive', cell.inconclusive);
    expectSeconds(medianSeconds(endings), cell.seconds);
  });

  const same = cells.filter(({ isSame }) => isSame);
  it.each(same.map((cell) => [cell.name, cell] as const))('%s: is hardly ever rolled back', (_, { traffic }) => {
    const endings = runs(RUNS, (seed) => playRollout(traffic, seed));
    expect(percentage(endings, 'RolledBack')).toBeLessThanOrEqual(100 * defaultSettings.errorProbability);
  });

  if (isLong) {
    it.each(cells.map((cell) => [cell.name, cell] as const))('%s: is printed', (name, { traffic }) => {
      print(
        `rollout with the defaults, ${name}`,
        runs(RUNS, (seed) => playRollout(traffic, seed)),
      );
    });

    it.each(equalGroups)('%s, with groups of the same size: is printed', (name, traffic) => {
      print(
        `rollout with the defaults and equal groups, ${name}`,
        runs(RUNS, (seed) => playRollout(traffic, seed)),
      );
    });
  }
});

describe('half an hour of failures that come in bursts, decided by the real code', () => {
  const cells = burstCells.filter(({ name }) => isLong || burstsInShortForm.includes(name));

  it.each(cells.map((cell) => [cell.name, cell] as const))('%s: ends as the table says', (name, cell) => {
    const endings = runs(BURST_RUNS, (seed) => playBursts(cell.bursts, seed, asInTables));
    print(`bursts, ${name}`, endings);
    expectPercentage(endings, 'RolledBack', cell.rolledBack);
    if (cell.seconds !== undefined) expectSeconds(medianSeconds(endings), cell.seconds);
  });
});
