import { z } from 'zod';
import { ColumnName } from './scalars.js';

/** Most points that the ranking of held-out rows is told by, so that tables of any length fit. */
export const MAX_RANKING_POINTS = 160;

/** Equally wide bins of the probability that held-out rows are counted in. */
export const PROBABILITY_BINS = 20;

/** Most features whose importance is told, those with the highest. */
export const MAX_IMPORTANCES = 30;

const Probability = z.number().min(0).max(1);
const Count = z.int().min(0);

/** What the plots of a model card are drawn from, besides the manifest: counts over the held-out rows. */
export const CardFigures = z.strictObject({
  rows: z.int().positive(),
  /** Leavers among the rows. */
  positives: Count,
  /**
   * Points of the rows ranked by probability, the highest first: a probability, the rows that have at least that, the leavers among
   * them. The last point is all rows. ROC, precision and recall, and lift follow from it.
   */
  ranking: z
    .array(z.tuple([Probability, Count, Count]))
    .min(1)
    .max(MAX_RANKING_POINTS),
  /** By probability from 0 to 1. */
  bins: z
    .array(z.strictObject({ rows: Count, positives: Count, /** 0 without rows. */ meanProbability: Probability }))
    .length(PROBABILITY_BINS),
  /** The highest first. */
  importances: z
    .array(
      z.strictObject({
        feature: ColumnName,
        /** By how much the ROC AUC falls when the feature's values are shuffled among rows: mean, least and most of all shuffles. */
        drop: z.number().min(-1).max(1),
        least: z.number().min(-1).max(1),
        most: z.number().min(-1).max(1),
      }),
    )
    .max(MAX_IMPORTANCES),
});
export type CardFigures = z.infer<typeof CardFigures>;
