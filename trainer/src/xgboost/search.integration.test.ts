import { describe, expect, it } from '@jest/globals';
import { nativeConfig } from '../config.js';
import { seededRandom } from '../seeded-random.js';
import { NativeLibrary } from './native-library.js';
import { marginsOf, refit } from './refit.js';
import { searchParameters, type SearchTask } from './search.js';

/** Rows whose label depends on the product of two columns of four. */
function table(count: number) {
  const random = seededRandom(5, 'table');
  const values = Float32Array.from({ length: count * 4 }, () => random.uniform());
  const labels = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const margin = 8 * ((values[row * 4] ?? 0) - 0.5) * ((values[row * 4 + 1] ?? 0) + 0.5) - 1;
    labels[row] = random.uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
  }
  return { values, width: 4, labels, fold: Uint8Array.from(labels, (_, row) => row % 5) };
}

const library = new NativeLibrary(nativeConfig({}).library);
const data = table(600);
const quick = { parameters: { eta: 0.3, max_depth: 2 } };

function task(changes: Partial<SearchTask> = {}): SearchTask {
  return { search: { maxTrials: 4, timeoutSeconds: 600 }, fixed: quick, constraints: {}, seed: 7, ...changes };
}

function search(changes: Partial<SearchTask> = {}, rows = data) {
  return searchParameters(library, rows, task(changes), () => undefined);
}

describe('the search', () => {
  it('gives the same for the same seed, whatever else there is to try', async () => {
    const [first, second, shorter] = [
      await search(),
      await search(),
      await search({ search: { maxTrials: 3, timeoutSeconds: 600 } }),
    ];
    expect(second).toEqual(first);
    const tried = new Set(first.ranking.map(({ loss }) => loss));
    expect(shorter.ranking.every(({ loss }) => tried.has(loss))).toBe(true);
  });

  it('ranks by the log loss on rows that the models had not seen', async () => {
    const { ranking, trialsDone } = await search();
    const losses = ranking.map(({ loss }) => loss);
    expect(losses).toEqual(losses.toSorted((a, b) => a - b));
    expect(trialsDone).toBe(4);
    const [best] = ranking;
    const byHand = Array.from(best?.margins ?? [], (margin, row) =>
      Math.log1p(Math.exp(data.labels[row] === 1 ? -margin : margin)),
    );
    expect(best?.loss).toBeCloseTo(byHand.reduce((sum, loss) => sum + loss, 0) / byHand.length, 5);
  });

  it('ends when its time is over, with the trials that were done, and never without one', async () => {
    const { ranking, trialsDone } = await search({ search: { maxTrials: 1000, timeoutSeconds: 1 } });
    expect(trialsDone).toBeGreaterThanOrEqual(1);
    expect(trialsDone).toBeLessThan(1000);
    const again = await search({ search: { maxTrials: trialsDone, timeoutSeconds: 600 } });
    expect(again.ranking).toEqual(ranking);
  });

  it('trains as many trees as are fixed', async () => {
    const { ranking } = await search({ fixed: { ...quick, rounds: 9 } });
    expect(ranking.map(({ rounds }) => rounds)).toEqual(ranking.map(() => 9));
  });

  it('searches many rows on a sample, and only then', async () => {
    const many = table(500_001);
    const { rows } = await search(
      { search: { maxTrials: 1, timeoutSeconds: 600 }, fixed: { ...quick, rounds: 1 } },
      many,
    );
    expect(rows.labels).toHaveLength(200_000);
    const share = (labels: Float32Array) => labels.reduce((sum, label) => sum + label, 0) / labels.length;
    expect(share(rows.labels)).toBeCloseTo(share(many.labels), 2);
  });

  it('obeys monotonic constraints', async () => {
    const { ranking } = await search({
      constraints: { monotone_constraints: '(-1,0,0,0)' },
      search: { maxTrials: 1, timeoutSeconds: 600 },
    });
    const json = await refit(library, ranking[0]?.parameters ?? {}, data, 20);
    const line = Float32Array.from({ length: 50 * 4 }, (_, cell) => (cell % 4 === 0 ? cell / 200 : 0.5));
    const margins = marginsOf(library, json, line, 4);
    expect(margins.every((margin, row) => row === 0 || margin <= (margins[row - 1] ?? 0))).toBe(true);
  });
});
