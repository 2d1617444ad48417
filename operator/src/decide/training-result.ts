import { reasons, TrainingFailure } from '@churnops/crds';
import type { Job, Pod, World } from '../world.js';

/** Why a training run has no good artifact. `trained` is the reason of the condition Trained. */
export interface Failure {
  readonly trained: string;
  readonly reason: string;
  readonly message: string;
  /** What the table was refused for. */
  readonly finding?: TrainingFailure['finding'];
}

/** Why a Job that failed did so: what the trainer said, or else what Kubernetes says. */
export function failureOf(world: World, job: Job): Failure {
  if (job.failureReason === 'DeadlineExceeded') {
    const seconds = world.model.spec.training.activeDeadlineSeconds;
    const message = `Job ${job.name} took longer than spec.training.activeDeadlineSeconds (${seconds} s): raise it, or train on less data.`;
    return { trained: reasons.deadlineExceeded, reason: reasons.trainingFailed, message };
  }
  const said = saidByTrainer(newestPod(world, job));
  if (said !== undefined) return { trained: reasons.jobFailed, ...said };
  return { trained: reasons.jobFailed, reason: reasons.trainingFailed, message: unsaid(world, job) };
}

/** The newest pod of a Job, by creation. */
export function newestPod(world: World, job: Pick<Job, 'name'>): Pod | undefined {
  const pods = world.pods.filter((pod) => pod.job === job.name);
  return pods.toSorted((a, b) => a.createdTime.getTime() - b.createdTime.getTime()).at(-1);
}

function saidByTrainer(pod: Pod | undefined): TrainingFailure | undefined {
  try {
    return TrainingFailure.safeParse(JSON.parse(pod?.problem?.message ?? '')).data;
  } catch {
    // Not JSON: a trainer that was killed leaves the end of its log, or nothing.
    return undefined;
  }
}

function unsaid(world: World, job: Job): string {
  const problem = newestPod(world, job)?.problem;
  if (problem?.reason === 'OOMKilled') {
    return `Job ${job.name} ran out of memory: raise spec.training.resources.limits.memory.`;
  }
  const detail = problem === undefined ? job.failureMessage : `${problem.reason} ${lastLine(problem.message)}`;
  return `Job ${job.name} failed: ${detail.trim()}. See kubectl logs job/${job.name}.`;
}

/** The last line of a container's log: it says why the container ended. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 1000) ?? '';
}
