import type { Job, World } from '../world.js';
import type { LookAgain } from './action.js';
import { ageSeconds } from './age-seconds.js';
import { wantedRevision } from './revisions.js';
import { jobOf, trainee } from './training.js';

/** How long a Job may take to make its pod before its events are read, in seconds. */
const PATIENCE_SECONDS = 10;
const RETRY_SECONDS = 30;

/** The running Job of the wanted revision that has had no pod for a while: only its events say why. */
export function podlessJob(world: World): Job | undefined {
  const job = waitingJob(world);
  return job !== undefined && secondsLeft(world) <= 0 ? job : undefined;
}

/** When to look at the events of a Job that has no pod. */
export function nextJobCheck(world: World): LookAgain | undefined {
  if (waitingJob(world) === undefined) return undefined;
  const left = secondsLeft(world);
  return { seconds: left > 0 ? left : RETRY_SECONDS, reason: 'The Job has no pod yet' };
}

function waitingJob(world: World): Job | undefined {
  const revision = trainee(world);
  const job = revision === undefined ? undefined : jobOf(world, revision);
  if (job?.state !== 'Running' || job.terminating) return undefined;
  return world.pods.some((pod) => pod.job === job.name) ? undefined : job;
}

function secondsLeft(world: World): number {
  const started = wantedRevision(world)?.status?.training?.startTime;
  return PATIENCE_SECONDS - (started === undefined ? 0 : ageSeconds(world.now, started));
}
