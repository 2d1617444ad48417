import type { RolloutStatus } from '@churnops/crds';
import type { JudgedCheck } from '../analysis/check.js';
import type { Evidence } from '../analysis/evidence.js';
import type { CanarySettings } from './canary-settings.js';

/** Everything that the next decision about a rollout depends on. All times are the operator's own. */
export interface CanaryLook {
  readonly now: Date;
  /** For how long the operator has looked after it without a gap: nothing was seen for longer than that. */
  readonly watchedSeconds: number;
  /** As recorded. */
  readonly status: RolloutStatus;
  readonly settings: CanarySettings;
  /** Greater than the number of every decision ever made about a rollout of the model. */
  readonly nextSequence: number;
  readonly candidate: {
    /** Whether as many of its pods are ready as `status.sizePercent` asks for. */
    readonly isSized: boolean;
    /** What its pods suffer from, for people. */
    readonly trouble: string | undefined;
    /** Why it will never run, however long one waits, in one word; undefined while it may. */
    readonly hopeless: 'CrashLooping' | 'ArtifactMissing' | undefined;
  };
  /** The revision that serves: in the bake the candidate, before that the one that it shall replace. */
  readonly current: {
    /** How many of its pods can answer. */
    readonly readyPods: number;
  };
  /** Whether the revision that served before has ready pods. Asked for in the bake only: until then it still serves. */
  readonly canGoBack: boolean;
  /** Pods that forward and can answer: of the revision that serves, in the bake of the one before. */
  readonly routers: readonly Router[];
  /** With everything that was read at this look. */
  readonly evidence: Evidence;
  /** What the checks say of the evidence: those of the bake once there is one. */
  readonly checks: readonly JudgedCheck[];
  /** Whether the counters that were read at this look brought rows of the candidate, of users or replayed. */
  readonly hasNewRows: boolean;
  /** Why the counters could not be read at this look. */
  readonly problem: string | undefined;
}

/** What a serving pod says of itself. */
export interface Router {
  /** The newest decision that it acts on; 0 before the first one. */
  readonly sequence: number;
  /** The share that it gives to the candidate. */
  readonly percent: number;
  /** Whether it can reach any pod of the candidate. */
  readonly reaches: boolean;
}
