import type { RolloutCheck, RolloutStatus } from '@churnops/crds';
import { isDeepStrictEqual } from 'node:util';
import type { Revision, World } from '../../world.js';
import type { AnalysisSettings } from '../analysis/analysis-settings.js';
import type { JudgedCheck } from '../analysis/check.js';
import { checksOf } from '../analysis/checks.js';
import { encodedEvidence } from '../analysis/evidence-codec.js';
import { evidenceAtBake, evidenceOfOnly, withRead, withServed } from '../analysis/evidence.js';
import type { Evidence } from '../analysis/evidence.js';
import { revisionNamed } from '../revisions.js';
import { canarySettings } from './canary-settings.js';
import type { CanarySettings } from './canary-settings.js';
import { candidateNow } from './candidate-now.js';
import { comparable } from './comparable.js';
import { evidenceAfter } from './evidence-after.js';
import { nextRollout } from './next-rollout.js';
import { isReplaying } from './replaying.js';
import { nextSequence } from './rollout-facts.js';
import { podsNow } from './pods-now.js';
import type { PodsNow } from './pods-now.js';
import { evidenceOf } from './stored-evidence.js';
import { withHeard } from './verdicts.js';

/**
 * The record of a rollout after its pods were read (`world.pages`): the same object when nothing of it is new. What could not be
 * read is no verdict.
 */
export function rolloutAfterLook(world: World, revision: Revision, before: RolloutStatus): RolloutStatus {
  const settings = settingsOf(world, revision, before);
  const pods = podsNow(world, revision, before);
  const read = advanced(evidenceSoFar(before, settings.analysis), pods, settings.analysis);
  const evidence = unguarded(world, revision, read.evidence);
  const checks = checksOf(evidence, settings.analysis);
  const next = nextRollout({
    ...{ now: world.now, settings, nextSequence: nextSequence(world), evidence, checks, problem: read.problem },
    status: withHeard(before, revision, world),
    watchedSeconds: world.watchedSeconds,
    candidate: candidateNow(world, revision),
    ...{ current: pods.current, canGoBack: pods.canGoBack, routers: pods.routers, hasNewRows: read.newRows > 0 },
  });
  const kept = evidenceAfter(evidence, { before, next }, settings.analysis);
  const record = {
    ...next,
    evidence: encodedEvidence(kept),
    checks: checks.map(recorded),
    replaying:
      settings.analysis.replays && isReplaying(next, { before, evidence, now: world.now, settings: settings.analysis }),
  };
  return isDeepStrictEqual(record, before) ? before : record;
}

/** Of a bake whose evidence could not be read, a bake begins anew: what it reads are requests of the revision that took over. */
function evidenceSoFar(before: RolloutStatus, settings: AnalysisSettings): Evidence {
  const evidence = evidenceOf(before);
  return before.stage === 'Baking' && evidence.bake === undefined ? evidenceAtBake(evidence, settings) : evidence;
}

/** The settings of the model as they are for the rollout of a revision. */
export function settingsOf(world: World, revision: Revision, { previousRevision }: RolloutStatus): CanarySettings {
  return canarySettings(world.model.spec.rollout, comparable(revisionNamed(world, previousRevision), revision));
}

/** Of a candidate with one pod, that pod can't be left out of the tests. */
function unguarded({ pods }: World, { name }: Revision, evidence: Evidence): Evidence {
  const [only, ...others] = pods.filter(({ revision, terminating }) => revision === name && !terminating);
  return only === undefined || others.length > 0 ? evidence : evidenceOfOnly(evidence, only.name);
}

interface Advanced {
  readonly evidence: Evidence;
  readonly newRows: number;
  readonly problem: string | undefined;
}

/** A read that is refused adds nothing. */
function advanced(evidence: Evidence, { read, served, problem }: PodsNow, settings: AnalysisSettings): Advanced {
  if (problem !== undefined) return { evidence, newRows: 0, problem };
  const forwarded = withRead(evidence, read, settings);
  if ('problem' in forwarded) return { evidence, newRows: 0, problem: forwarded.problem };
  const all = withServed(forwarded.evidence, served, settings);
  if ('problem' in all) return { evidence, newRows: 0, problem: all.problem };
  return { evidence: all.evidence, newRows: forwarded.newRows, problem: undefined };
}

function recorded({ name, verdict, candidate, control, samples, message }: JudgedCheck): RolloutCheck {
  return {
    ...{ name, verdict, candidate, samples, message: message.slice(0, 1024) },
    ...(control === undefined ? {} : { control }),
  };
}
