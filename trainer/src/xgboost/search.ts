import type { Search, TrainingProgress } from '@churnops/crds';
import { seededRandom } from '../seeded-random.js';
import type { Parameters } from './booster.js';
import { crossValidate, type CrossValidation, type FoldedRows } from './cross-validate.js';
import type { NativeLibrary } from './native-library.js';
import { selectRows } from './rows.js';
import { trials, type FixedValues } from './search-space.js';

/** Above so many development rows parameters are searched on a sample: they hardly depend on more rows, and time does. */
const MOST_ROWS = 500_000;
const SAMPLE_ROWS = 200_000;

/** A trial whose log loss on the folds so far is higher than the best trial's by more than this part can't win any more. */
const HOPELESS = 0.01;

/** What a search is bound to. */
export interface SearchTask {
  readonly search: Search;
  readonly fixed: FixedValues;
  /** `monotone_constraints` and the like, which depend on the columns. */
  readonly constraints: Parameters;
  readonly seed: number;
}

export interface SearchResult {
  /** Trials that ran to their end, the best first; of equal ones the earlier. */
  readonly ranking: readonly CrossValidation[];
  /** Trials that were decided on, those that were given up as hopeless among them. */
  readonly trialsDone: number;
  /** The rows that were searched on: the given ones, or a sample of them. */
  readonly rows: FoldedRows;
}

/**
 * Seeded random search scored on the folds. A search that is cut by its time gives the same as one with that many trials.
 *
 * @param report is told which trial begins, and the best log loss so far
 */
export async function searchParameters(
  library: NativeLibrary,
  data: FoldedRows,
  task: SearchTask,
  report: (trial: NonNullable<TrainingProgress['trial']>) => void,
): Promise<SearchResult> {
  const rows = sampled(data, task.seed);
  const drawn = trials(seededRandom(task.seed, 'search'), { ...task.fixed.parameters, ...task.constraints });
  const end = performance.now() + task.search.timeoutSeconds * 1000;
  const finished: CrossValidation[] = [];
  let trialsDone = 0;
  for (; trialsDone < task.search.maxTrials; trialsDone++) {
    const best = bestOf(finished);
    report({ number: trialsDone + 1, of: task.search.maxTrials, ...(best && { bestLogLoss: best.loss }) });
    const parameters: Parameters = { ...drawn.next().value, seed: task.seed };
    const { rounds } = task.fixed;
    const result = await crossValidate(library, rounds === undefined ? { parameters } : { parameters, rounds }, rows, {
      isHopeless: (losses) => best !== undefined && isWorse(losses, best.losses),
      isLate: () => best !== undefined && performance.now() > end,
    });
    if (result === 'Late') break;
    if (result !== 'Hopeless') finished.push(result);
  }
  return { ranking: finished.toSorted((a, b) => a.loss - b.loss), trialsDone, rows };
}

function bestOf(finished: readonly CrossValidation[]): CrossValidation | undefined {
  return finished.reduce<CrossValidation | undefined>(
    (best, each) => (best === undefined || each.loss < best.loss ? each : best),
    undefined,
  );
}

/** Compares on the folds that both have, since folds differ more than trials do. */
function isWorse(losses: readonly number[], best: readonly number[]): boolean {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return sum(losses) > (1 + HOPELESS) * sum(best.slice(0, losses.length));
}

/** The first rows of a shuffle, in their old order: every row is as likely as every other. */
function sampled(data: FoldedRows, seed: number): FoldedRows {
  const count = data.labels.length;
  if (count <= MOST_ROWS) return data;
  const random = seededRandom(seed, 'search rows');
  const chosen: number[] = [];
  // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
  for (let row = 0; row < count; row++) {
    if ((count - row) * random.uniform() < SAMPLE_ROWS - chosen.length) chosen.push(row);
  }
  return { ...selectRows(data, chosen), fold: Uint8Array.from(chosen, (row) => data.fold[row] ?? 0) };
}
