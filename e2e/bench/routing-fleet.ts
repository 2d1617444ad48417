import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadTarget } from './closed-loop.js';
import { httpPosts } from './http-posts.js';
import type { Pod, ServingProcess } from './serving-process.js';
import { startLoneServer, startPod } from './serving-process.js';

/** `without`: no peer port and no routing file, twice, to see how much two equal processes differ. */
export const routingKinds = ['without', 'without, again', 'off', '5 %'] as const;
export type RoutingKind = (typeof routingKinds)[number];

/** One process of each kind, and the pods that the last one forwards to. */
export interface Fleet {
  readonly servers: Readonly<Record<RoutingKind, Subject>>;
  /** Candidate and control. */
  readonly peers: readonly Pod[];
}

export interface Subject {
  readonly process: ServingProcess;
  readonly target: LoadTarget;
}

export interface FleetOptions {
  readonly folder: string;
  readonly artifact: string;
  /** Bodies of `/predict`. */
  readonly bodies: readonly string[];
  /** Where each process leaves a CPU profile when it ends; undefined: none. */
  readonly profiles: string | undefined;
}

/**
 * Starts a fleet.
 *
 * @param started Gets every process as soon as it runs, so that the caller can end them also when this throws.
 */
export async function startFleet(options: FleetOptions, started: ServingProcess[]): Promise<Fleet> {
  const { artifact, bodies } = options;
  const lone = async (name: string) => {
    const server = await startLoneServer(artifact, await nodeOptions(name, options));
    started.push(server);
    return server;
  };
  const [without, again] = [await lone('without'), await lone('again')];
  const signingKey = randomBytes(32).toString('base64');
  const pod = async (name: string, revision: string) => {
    const folder = await mkdtemp(join(options.folder, `${name}-`));
    const { apiKey } = without;
    const launch = { folder, artifact, revision, apiKey, signingKey, nodeOptions: await nodeOptions(name, options) };
    const server = await startPod(launch);
    started.push(server);
    return server;
  };
  const [off, router] = [await pod('off', 'telco-1'), await pod('router', 'telco-1')];
  const [candidate, control] = [await pod('candidate', 'telco-2'), await pod('control', 'telco-1')];
  await route(router, candidate, control);
  const requests = requestsWith(without.apiKey, bodies);
  const subject = (process: ServingProcess) => ({ process, target: { port: process.port, requests } });
  const subjectAgain = {
    process: again,
    target: { port: again.port, requests: requestsWith(again.apiKey, bodies) },
  };
  return {
    servers: {
      without: subject(without),
      'without, again': subjectAgain,
      off: subject(off),
      '5 %': subject(router),
    },
    peers: [candidate, control],
  };
}

function route(router: Pod, candidate: Pod, control: Pod): Promise<void> {
  const peer = (pod: string, { peerPort }: Pod) => ({ pod, address: '127.0.0.1', port: peerPort });
  return router.route({
    sequence: 1,
    // A busy machine may stop a process for long, and a row that is given up costs less than one that is answered.
    deadlineMilliseconds: 5_000,
    candidate: { revision: 'telco-2', percent: 5, mode: 'Answer', peers: [peer('candidate', candidate)] },
    control: { peers: [peer('control', control)] },
  });
}

async function nodeOptions(name: string, { profiles }: FleetOptions): Promise<string[]> {
  if (profiles === undefined) return [];
  const folder = join(profiles, name);
  await mkdir(folder, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

function requestsWith(apiKey: string, bodies: readonly string[]): string[] {
  return httpPosts('/predict', { 'x-api-key': apiKey }, bodies);
}
