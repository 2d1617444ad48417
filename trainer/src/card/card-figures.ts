import type { CardFigures } from '@churnops/crds';
import type { PreparedData } from '../dataset/prepared-data.js';
import { ranked } from '../evaluation/ranked.js';
import { importances } from './importances.js';
import { probabilityBins } from './probability-bins.js';
import { rankingPoints } from './ranking-points.js';

interface JudgedModel {
  /** Probabilities of rows of the matrix. */
  readonly predict: (values: Float32Array) => Promise<Float32Array>;
  readonly data: Pick<PreparedData, 'features' | 'width' | 'report'>;
  /** The held-out rows with their probabilities. */
  readonly test: { readonly values: Float32Array; readonly labels: Float32Array; readonly scores: Float32Array };
  readonly threshold: number;
  readonly seed: number;
}

/** What the plots of a model card are drawn from. */
export async function cardFigures({ predict, data, test, threshold, seed }: JudgedModel): Promise<CardFigures> {
  // The columns that are reported are those that tell most alone: in a table of thousands the others need not be tried.
  const known = new Set(data.report.columns.map(({ name }) => name));
  const features = data.features.filter(({ name }) => known.has(name));
  return {
    rows: test.labels.length,
    positives: test.labels.reduce((sum, label) => sum + label, 0),
    ranking: rankingPoints(ranked(test.scores, test.labels), threshold),
    bins: probabilityBins(test.scores, test.labels),
    importances: await importances({ features, width: data.width, test, seed }, predict),
  };
}
