import type { Prediction } from '../prediction/prediction.js';

/** What this pod makes of a row itself. */
export type OwnResult = Pick<Prediction, 'probability' | 'churn'>;

/** A row that was sent to a peer. */
export interface Forward {
  /**
   * The answer to give instead of this pod's own; undefined: give the own one. Never rejects, and resolves within the deadline.
   */
  answer(own: OwnResult): Promise<Prediction | undefined>;
}

export interface Forwarding {
  /** Sends a row to a peer when the routing says so; undefined: it stays here. The row must fit the contract of this pod. */
  forward(row: unknown): Forward | undefined;
}

/** For a process that has no peers. */
export const notForwarding: Forwarding = { forward: () => undefined };
