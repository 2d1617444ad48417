import type { Manifest } from '@churnops/crds';
import type { Stage } from './contenders.js';
import type { Figure } from './figure.js';

/** What is measured, and how much. */
export interface Setting {
  readonly stage: Stage;
  /** Bodies of `/predict`. */
  readonly customers: readonly string[];
  readonly rounds: number;
  /** Of one window. */
  readonly seconds: number;
  /** Requests a second in the open loop. */
  readonly rate: number;
}

/** A model that was trained with so many trees. */
export interface TrainedModel {
  readonly trees: number;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** What a part of the bench found. */
export interface Found {
  readonly figures: readonly Figure[];
  /** Absolute numbers and how they were taken, in Markdown. */
  readonly beside: string;
}
