import type { Manifest } from '@churnops/crds';

/**
 * Why a row scores as it does, in log odds: `base`, the contributions of the listed features and `other` together are the log odds of
 * its probability. A contribution above 0 speaks for leaving.
 */
export interface Reasons {
  /** The mean over the rows of training. */
  readonly base: number;
  /** The features that move the score most, the strongest first. */
  readonly features: readonly FeatureContribution[];
  /** All other features together, and those that are protected. */
  readonly other: number;
}

export interface FeatureContribution {
  readonly feature: string;
  readonly contribution: number;
}

/** A feature by its columns of the matrix. */
export interface ExplainedFeature {
  readonly name: string;
  readonly offset: number;
  readonly width: number;
  /** Never named in an answer. */
  readonly isProtected: boolean;
}

export function explainedFeatures({
  features,
  slices = [],
}: Pick<Manifest, 'features' | 'slices'>): ExplainedFeature[] {
  // Training judges a model for each value of a protected feature, and of no other.
  const protectedNames = new Set(slices.map(({ feature }) => feature));
  return features.map(({ name, offset, width }) => ({ name, offset, width, isProtected: protectedNames.has(name) }));
}

/**
 * Sums the contributions of the columns of each feature, and lists the strongest.
 *
 * @param contributions Of each column of the matrix.
 * @param listed Features to list at most; those that contribute nothing never are.
 */
export function reasonsOf(
  base: number,
  contributions: Float64Array,
  features: readonly ExplainedFeature[],
  listed: number,
): Reasons {
  const summed = features.map(({ name, offset, width, isProtected }) => {
    const contribution = contributions.subarray(offset, offset + width).reduce((sum, each) => sum + each, 0);
    return { feature: name, contribution, isProtected };
  });
  const strongest = summed
    .filter(({ contribution, isProtected }) => contribution !== 0 && !isProtected)
    .sort((one, other) => Math.abs(other.contribution) - Math.abs(one.contribution))
    .slice(0, listed);
  const named = new Set(strongest.map(({ feature }) => feature));
  return {
    base,
    features: strongest.map(({ feature, contribution }) => ({ feature, contribution })),
    other: summed.reduce((sum, { feature, contribution }) => (named.has(feature) ? sum : sum + contribution), 0),
  };
}
