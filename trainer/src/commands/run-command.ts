import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainerExitCodes, type Manifest, type TrainingFailure, type TrainingProgress } from '@churnops/crds';
import { Command } from 'commander';
import { pino, type Logger } from 'pino';
import { nativeConfig, podConfig, terminationLog, type PodConfig } from '../config.js';
import { fetchObject } from '../dataset/fetch-object.js';
import { TrainingProblem } from '../failure.js';
import { trainInChild } from '../process/train-in-child.js';
import { ArtifactBucket } from '../publish/artifact-bucket.js';
import { makeArtifact } from '../publish/artifact.js';
import { KubernetesClient } from '../publish/kubernetes-access.js';
import { ArtifactConfigMap } from '../publish/to-config-map.js';
import type { TrainedModel } from '../train.js';
import { Interrupted, untilInterrupted } from './interruption.js';

type Environment = Record<string, string | undefined>;

/** `run`: what a training Job does; all it needs comes by environment. */
export function runCommand(env: Environment): Command {
  return new Command('run')
    .description('Train inside a Kubernetes Job, as the operator tells by environment variables')
    .action(async () => {
      process.exitCode = await runInPod(env);
    });
}

async function runInPod(env: Environment): Promise<number> {
  const log = pino({ name: 'churnops-trainer' });
  try {
    const config = podConfig(env);
    await untilInterrupted((signal) => trainAndPublish(config, env, log, signal));
    return trainerExitCodes.done;
  } catch (error) {
    if (error instanceof Interrupted) {
      log.warn(error.message);
      return error.exitCode;
    }
    // Of a problem that is explained, what lies behind may hold values of the table.
    log.error(error instanceof TrainingProblem ? failureOf(error) : { err: error }, 'Training failed');
    await leaveWord(failureOf(error), terminationLog(env), log);
    return error instanceof TrainingProblem ? error.exitCode : trainerExitCodes.unexpected;
  }
}

async function trainAndPublish(config: PodConfig, env: Environment, log: Logger, signal: AbortSignal): Promise<void> {
  const startTime = new Date().toISOString();
  const client = new KubernetesClient(config.kubernetes);
  const target = new ArtifactConfigMap(client, config.namespace, config.configMap);
  const bucket = config.bucket && new ArtifactBucket(config.bucket);
  const workspace = await mkdtemp(join(tmpdir(), 'churnops-'));
  try {
    if (await target.isComplete()) {
      log.info({ configMap: config.configMap }, 'The artifact is published already');
      return;
    }
    await bucket?.check(signal);
    const progress = (now: TrainingProgress) => {
      log.info(now, 'Training goes on');
      target.showProgress(now);
    };
    const model = await trained(config, env, { bucket, workspace, progress, signal });
    const artifact = makeArtifact(model, runBlock(config, startTime), { inBucket: bucket !== undefined });
    progress({ step: 'Publish', percent: 95 });
    await bucket?.publish(artifact, signal);
    await target.publish(bucket === undefined ? artifact : { ...artifact, onnx: undefined, replayText: undefined });
    const { artifactSha256, metrics, failedGates, warnings, findings } = artifact.report;
    const told = { artifactSha256, metrics, failedGates, warnings, findings };
    log.info({ configMap: config.configMap, ...told }, 'The artifact is published');
  } finally {
    await client.close();
    await bucket?.close();
    await rm(workspace, { recursive: true, force: true });
  }
}

interface Surroundings {
  readonly bucket: ArtifactBucket | undefined;
  readonly workspace: string;
  readonly progress: (now: TrainingProgress) => void;
  readonly signal: AbortSignal;
}

async function trained(config: PodConfig, env: Environment, surroundings: Surroundings): Promise<TrainedModel> {
  const { bucket, workspace, progress, signal } = surroundings;
  const { library, environment } = nativeConfig(env);
  progress({ step: 'Fetch', percent: 0 });
  const current = await currentDirectory(config, surroundings);
  const task = {
    source: await fetchObject(config.input.data, { ...config, workspace, signal }),
    ...{ input: config.input, library },
    ...(current !== undefined && { currentDirectory: current }),
    ...(bucket && { mostGraphBytes: Number.POSITIVE_INFINITY }),
  };
  return trainInChild(task, { environment, progress, signal });
}

/** The folder with the artifact that the new one is compared with. */
async function currentDirectory(
  { currentDirectory: mounted, currentUri }: PodConfig,
  { bucket, workspace, signal }: Surroundings,
): Promise<string | undefined> {
  if (currentUri === undefined || bucket === undefined) return mounted;
  const folder = join(workspace, 'current');
  await bucket.fetch(currentUri, folder, signal);
  return folder;
}

function runBlock(config: PodConfig, startTime: string): Manifest['run'] {
  const times = { startTime, completionTime: new Date().toISOString(), host: config.host };
  return config.job === undefined ? times : { ...times, job: config.job };
}

function failureOf(error: unknown): TrainingFailure {
  const { failure } = error instanceof TrainingProblem ? error : new TrainingProblem('TrainingFailed', textOf(error));
  return { ...failure, message: failure.message.split('\n')[0] ?? '' };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A message that can't be written is only lost for `kubectl describe`: the log and the exit code still tell. */
async function leaveWord(failure: TrainingFailure, path: string, log: Logger): Promise<void> {
  try {
    await writeFile(path, JSON.stringify(failure));
  } catch (error) {
    log.warn({ err: error }, 'The termination message could not be written');
  }
}
