import { conditionTypes, reasons } from '@churnops/crds';
import type { ChurnModelStatus, Condition } from '@churnops/crds';
import type { EventNote } from './action.js';

/** Training tells of these itself, with its own events. */
const toldByTraining: readonly string[] = [
  reasons.dataInvalid,
  reasons.gateFailed,
  reasons.trainingFailed,
  reasons.artifactTooLarge,
];

/** Events about what a new status says that the one before did not. */
export function news(before: ChurnModelStatus | undefined, now: ChurnModelStatus): readonly EventNote[] {
  return [...ofSuspension(before?.stage, now.stage), ...ofStall(stallOf(before), stallOf(now))];
}

function ofSuspension(before: string | undefined, now: string | undefined): readonly EventNote[] {
  if (before === now) return [];
  if (now === 'Suspended') {
    return [{ type: 'Normal', reason: 'Suspended', note: 'Nothing is trained or moved to; what serves goes on' }];
  }
  if (before !== 'Suspended') return [];
  return [{ type: 'Normal', reason: 'Resumed', note: 'Training and moving to new revisions go on' }];
}

function ofStall(before: Condition | undefined, now: Condition | undefined): readonly EventNote[] {
  if (now === undefined || now.reason === before?.reason || toldByTraining.includes(now.reason)) return [];
  return [{ type: 'Warning', reason: now.reason, note: now.message }];
}

function stallOf(status: ChurnModelStatus | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === conditionTypes.stalled);
}
