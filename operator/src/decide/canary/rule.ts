import type { RolloutStatus } from '@churnops/crds';
import { recordable } from '../recordable.js';
import type { CanaryLook } from './canary-look.js';

/** What a look comes to, or undefined when the rule has nothing to say: then the next one is asked. */
export type Rule = (look: CanaryLook) => RolloutStatus | undefined;

/** The record with what is waited for, in one word and in a sentence; the same object when that was said already. */
export function withReason(status: RolloutStatus, reason: string, text: string): RolloutStatus {
  const message = recordable(text);
  return status.reason === reason && status.message === message ? status : { ...status, reason, message };
}
