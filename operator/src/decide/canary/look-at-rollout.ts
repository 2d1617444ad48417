import type { RolloutCheck, RolloutStatus } from '@churnops/crds';
import { isDeepStrictEqual } from 'node:util';
import type { Revision, World } from '../../world.js';
import type { AnalysisSettings } from '../analysis/analysis-settings.js';
import { checksOf } from '../analysis/checks.js';
import { encodedEvidence } from '../analysis/evidence-codec.js';
import { evidenceAtNextStep, withRead } from '../analysis/evidence.js';
import type { Evidence } from '../analysis/evidence.js';
import { revisionNamed } from '../revisions.js';
import { candidateNow } from './candidate-now.js';
import { canarySettings } from './canary-settings.js';
import { comparable } from './comparable.js';
import { nextRollout } from './next-rollout.js';
import { newVerdicts, nextSequence } from './rollout-facts.js';
import { readRouters } from './routers-now.js';
import type { RoutersNow } from './routers-now.js';
import { evidenceOf } from './stored-evidence.js';

/**
 * The record of a rollout after its pods were read (`world.pages`): the same object when nothing of it is new. What could not be
 * read is no verdict.
 */
export function rolloutAfterLook(world: World, revision: Revision, status: RolloutStatus): RolloutStatus {
  const previous = revisionNamed(world, status.previousRevision);
  const settings = canarySettings(world.model.spec.rollout, comparable(previous, revision));
  const now = readRouters(world, revision, status);
  const before = evidenceOf(status);
  const { evidence, problem } = advanced(before, now, settings.analysis);
  const decided = { ...status, ...verdictsOf(revision, world.now) };
  const next = nextRollout({
    ...{ now: world.now, status: decided, settings, nextSequence: nextSequence(world) },
    candidate: candidateNow(world, revision),
    routers: now.routers,
    ...{ evidence, hasNewRows: rowsOf(evidence) > rowsOf(before), problem },
  });
  const kept = next.step === status.step ? evidence : evidenceAtNextStep(evidence);
  const told = { ...next, evidence: encodedEvidence(kept), checks: checksFor(evidence, settings.analysis) };
  return isDeepStrictEqual(told, status) ? status : told;
}

function advanced(
  evidence: Evidence,
  { counters, problem }: RoutersNow,
  settings: AnalysisSettings,
): { readonly evidence: Evidence; readonly problem: string | undefined } {
  if (problem !== undefined) return { evidence, problem };
  const outcome = withRead(evidence, counters, settings);
  return 'problem' in outcome ? { evidence, problem: outcome.problem } : { ...outcome, problem: undefined };
}

function verdictsOf(revision: Revision, now: Date): Pick<RolloutStatus, 'verdicts'> {
  const verdicts = newVerdicts(revision, now);
  return verdicts.length === 0 ? {} : { verdicts };
}

function checksFor(evidence: Evidence, settings: AnalysisSettings): RolloutCheck[] {
  return checksOf(evidence, settings).map(({ name, verdict, candidate, control, samples, message }) => ({
    ...{ name, verdict, candidate, samples, message: message.slice(0, 1024) },
    ...(control === undefined ? {} : { control }),
  }));
}

function rowsOf({ counters }: Evidence): number {
  const requests = Object.values(counters).flatMap(({ candidate }) => Object.values(candidate));
  return requests.reduce((sum, { requests: rows }) => sum + rows, 0);
}
