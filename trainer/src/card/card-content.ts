import type { Manifest, TrainingReport } from '@churnops/crds';

type Figures = Readonly<Record<string, number>>;
type Intervals = Readonly<Record<string, readonly [number, number]>>;

interface JudgedGate {
  readonly metric: string;
  readonly minValue?: string | undefined;
  readonly maxValue?: string | undefined;
  readonly minChange?: string | undefined;
  readonly maxChange?: string | undefined;
  readonly value: number;
  readonly change?: number | undefined;
  readonly changeInterval?: readonly [number, number] | undefined;
  readonly passed: boolean;
}

/** Parts of a manifest that an artifact may lack; the card then leaves out what they tell. */
export interface Judgement {
  readonly intervals?: Intervals | undefined;
  readonly logisticRegression?: Figures | undefined;
  readonly slices?:
    | readonly {
        readonly feature: string;
        readonly value: string;
        readonly rows: number;
        readonly positives: number;
        readonly flaggedShare: number;
        readonly metrics?: Figures | undefined;
      }[]
    | undefined;
  readonly comparison?:
    | {
        readonly artifactSha256: string;
        readonly rows: number;
        readonly current: Figures;
        readonly change: Figures;
        readonly intervals: Intervals;
      }
    | undefined;
  readonly calibration?: { readonly method: 'None' | 'Sigmoid' } | undefined;
  readonly search?: { readonly trialsDone: number } | undefined;
  readonly gates: readonly JudgedGate[];
}

/** What a model card is made from. */
export interface CardContent {
  readonly manifest: Omit<Manifest, keyof Judgement> & Judgement;
  readonly report: Pick<TrainingReport, 'artifactSha256' | 'failedGates' | 'card'>;
}
