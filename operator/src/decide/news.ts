import { conditionTypes, reasons } from '@churnops/crds';
import type { ChurnModelStatus, Condition, ConditionType } from '@churnops/crds';
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
  return [
    ...ofSuspension(before?.stage, now.stage),
    ...ofStall(conditionIn(before, conditionTypes.stalled), conditionIn(now, conditionTypes.stalled)),
    ...ofRegistration(conditionIn(before, conditionTypes.registered), conditionIn(now, conditionTypes.registered)),
  ];
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

/** Each change that MLflow was told of, and when it could not be told. */
function ofRegistration(before: Condition | undefined, now: Condition | undefined): readonly EventNote[] {
  if (now === undefined || now.status === 'Unknown' || now.message === before?.message) return [];
  if (now.status === 'True') return [{ type: 'Normal', reason: 'Registered', note: now.message }];
  return [{ type: 'Warning', reason: now.reason, note: now.message }];
}

function conditionIn(status: ChurnModelStatus | undefined, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
