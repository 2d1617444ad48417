import { conditionTypes, reasons } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { ageSeconds } from '../age-seconds.js';
import { readyPods } from '../ready-pods.js';
import { answeringPods } from '../serving-trouble.js';
import { encodedEvidence } from '../analysis/evidence-codec.js';
import { evidenceAtBake } from '../analysis/evidence.js';
import { settingsOf } from './look-at-rollout.js';
import { isOnTheWay, nextSequence } from './rollout-facts.js';
import { evidenceOf } from './stored-evidence.js';
import { bakeRecord } from './turning-points.js';
import { verdictOn } from './verdicts.js';

/** When nothing has answered for so long, a candidate that is ready does. */
const PATIENCE_SECONDS = 60;

/**
 * The record of a candidate that takes over without a canary, because no pod of what serves has been ready for a minute and one of its
 * own is; undefined otherwise. What is proven against it, or was said against it by a person, ends its rollout instead.
 */
export function takenOver(world: World, revision: Revision, rollout: RolloutStatus): RolloutStatus | undefined {
  if (!isOnTheWay(revision) || verdictOn(revision) === 'reject') return undefined;
  const isReady = readyPods(world, revision.name).length > 0;
  if (!isReady || secondsWithoutAnswers(world) < PATIENCE_SECONDS) return undefined;
  const message = `It took over since no pod of revision ${rollout.previousRevision ?? ''} had been ready for ${PATIENCE_SECONDS} s`;
  const { analysis } = settingsOf(world, revision, rollout);
  const evidence = encodedEvidence(evidenceAtBake(evidenceOf(rollout), analysis));
  const begun = bakeRecord(rollout, { now: world.now, nextSequence: nextSequence(world) });
  return { ...begun, evidence, reason: reasons.takenOver, message };
}

/** For how long this process has seen that nothing answers: while nobody looked, and by another clock, it may have been otherwise. */
function secondsWithoutAnswers(world: World): number {
  const { model, now, watchedSeconds } = world;
  const available = model.status?.conditions?.find(({ type }) => type === conditionTypes.available);
  // The condition was told at the last look: pods may be ready by now.
  if (available?.status !== 'False' || answeringPods(world) > 0) return 0;
  return Math.min(ageSeconds(now, available.lastTransitionTime), watchedSeconds);
}
