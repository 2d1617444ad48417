import { TrainingInput } from '@churnops/crds';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { readRevision } from '../../revision-unreadable.js';
import type { Revision } from '../../world.js';
import type { Comparable } from './canary-settings.js';

/** Whether scores and decisions of two revisions mean the same: the same label, and decided by the same rule. */
export function comparable(before: Revision | undefined, now: Revision): Comparable {
  if (before === undefined) return { scores: false, decisions: false };
  const [old, wanted] = [inputOf(before), inputOf(now)];
  const scores = isDeepStrictEqual(labelOf(old), labelOf(wanted));
  return { scores, decisions: scores && isDeepStrictEqual(old.decision, wanted.decision) };
}

function labelOf({ data: { label, positiveLabel, excludeLabels } }: Input) {
  return { label, positiveLabel, excludeLabels };
}

const Input = TrainingInput.pick({ data: true, decision: true }).loose();
type Input = z.infer<typeof Input>;

function inputOf({ name, spec }: Revision): Input {
  return readRevision(name, 'spec.training', () => Input.parse(JSON.parse(spec.training)));
}
