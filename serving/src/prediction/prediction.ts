import type { Reasons } from '../explanation/reasons.js';

/** The answer for one customer. */
export interface Prediction {
  /** The revision that answered. */
  readonly revision: string;
  /** Probability of leaving, 0 to 1. */
  readonly probability: number;
  /** Whether the probability reaches the threshold. */
  readonly churn: boolean;
  readonly threshold: number;
  /** Where they were asked for. */
  readonly reasons?: Reasons;
  readonly warnings?: readonly string[];
}
