import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { newApiKey } from '@churnops/serving/dist/access/api-key.js';
import { repositoryRoot } from '../../harness/repository-root.js';
import type { LoadTarget } from '../closed-loop.js';
import { httpPosts } from '../http-posts.js';
import type { ServerProcess } from '../serving-process.js';
import { startPeer, startPod } from '../serving-process.js';

/** Who takes part, as told in tables. */
export const contenders = {
  ours: 'ChurnOps',
  echo: 'echo',
  onnx: 'FastAPI, ONNX Runtime',
  xgboost: 'FastAPI, XGBClassifier',
  nest: 'the usual Nest',
} as const;
export type Contender = keyof typeof contenders;

const python: readonly Contender[] = ['onnx', 'xgboost'];

/** What servers are started from. */
export interface Stage {
  /** For what is made on the way. */
  readonly folder: string;
  /** A model that the trainer trained. */
  readonly artifact: string;
  /** Undefined: no Python takes part. */
  readonly python: PythonStage | undefined;
  /** Servers run on this core; clients have another one where there is one. */
  readonly serverCore: number;
}

export interface PythonStage {
  /** Path of the interpreter. */
  readonly interpreter: string;
  /** The same model as XGBoost keeps it. */
  readonly model: string;
}

/** A contender that answers. */
export interface Subject extends ServerProcess {
  readonly headers: Readonly<Record<string, string>>;
}

/** Those of the contenders that can be started. */
export function present<Some extends Contender>(stage: Stage, wanted: readonly Some[]): Some[] {
  return wanted.filter((contender) => stage.python !== undefined || !python.includes(contender));
}

export type StrongPeer = 'onnx' | 'nest';

/** The strongest peer that can be started. What is asked is about the first: without Python all is but a rehearsal. */
export function strongestPeer(stage: Stage): StrongPeer {
  return stage.python === undefined ? 'nest' : 'onnx';
}

const peers = join(repositoryRoot(), 'e2e', 'bench', 'serving', 'peers');
const compiledPeers = join(repositoryRoot(), 'e2e', 'dist', 'bench', 'serving', 'peers');

/** Starts a contender; resolves when it listens. */
export async function start(contender: Contender, stage: Stage): Promise<Subject> {
  const headers = {};
  switch (contender) {
    case 'ours':
      return startOurs(stage);
    case 'echo':
      return { ...(await startPeer(process.execPath, [join(compiledPeers, 'echo.js')], {})), headers };
    case 'nest':
      return { ...(await startPeer(process.execPath, [join(compiledPeers, 'nest.js'), stage.artifact], {})), headers };
    case 'onnx':
      return { ...(await startFastApi(stage, ['onnx'])), headers };
    case 'xgboost':
      return { ...(await startFastApi(stage, ['xgboost', stage.python?.model ?? ''])), headers };
  }
}

/** As in a cluster: with keys, a rate limit that nobody meets, metrics, routing (outside of a rollout), peers' port. */
async function startOurs({ folder, artifact }: Stage): Promise<Subject> {
  const apiKey = newApiKey();
  const pod = await startPod({
    folder: await mkdtemp(join(folder, 'pod-')),
    artifact,
    revision: 'telco-1',
    apiKey,
    requestsPerSecond: 100_000,
    signingKey: randomBytes(32).toString('base64'),
    nodeOptions: [],
  });
  return { ...pod, headers: { 'x-api-key': apiKey } };
}

function startFastApi({ artifact, python: stage }: Stage, runtime: readonly string[]): Promise<ServerProcess> {
  if (stage === undefined) throw new Error('Python takes no part');
  // One thread, as all have one core; nothing is written into the repository.
  const env = { OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
  return startPeer(stage.interpreter, [join(peers, 'fastapi', 'app.py'), artifact, ...runtime], env);
}

/** What a contender is asked. */
export function targetOf(
  { port, headers }: Subject,
  path: '/predict' | '/predict/batch',
  bodies: readonly string[],
): LoadTarget {
  return { port, requests: httpPosts(path, headers, bodies) };
}

/** Bodies of `/predict/batch` with so many customers each. */
export function batchesOf(customers: readonly string[], size: number): string[] {
  const count = Math.floor(customers.length / size);
  return Array.from(
    { length: count },
    (_, batch) => `{"rows":[${customers.slice(batch * size, (batch + 1) * size).join()}]}`,
  );
}
