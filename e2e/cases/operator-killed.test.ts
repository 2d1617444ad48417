import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cluster } from '../harness/cluster-access.js';
import { lakeModel, openLake } from '../harness/lake.js';
import { normalized } from '../harness/normalized.js';
import { isReady } from '../harness/ready-model.js';
import { killOperator } from '../harness/operator-pod.js';
import { currentCluster, Playground } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const { CHURNOPS_KILLS: kills } = z.object({ CHURNOPS_KILLS: z.coerce.number().default(3) }).parse(process.env);
const data = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');

let cluster: Cluster;
const playgrounds: Playground[] = [];

beforeAll(async () => {
  cluster = await currentCluster();
});

afterAll(async () => {
  await Promise.all(playgrounds.map((playground) => playground.leave()));
  await cluster.close();
});

/** Mulberry32 (public domain): 0 to 1, the same sequence for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type World = Record<string, unknown>;

/** Creates the model in a namespace of its own, lets `disturb` do its work, and hands the world in the end to `judge`. */
async function story(
  disturb: () => Promise<void>,
  judge: (look: () => Promise<World>) => Promise<void>,
): Promise<void> {
  const playground = await Playground.open(cluster, 'killed');
  playgrounds.push(playground);
  try {
    await openLake(playground, { 'telco.csv': await readFile(data) });
    await playground.create('ChurnModel', lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' }));
    await disturb();
    await until(
      'the model is Ready',
      async () => isReady(await playground.get('ChurnModel', 'telco'), 'telco-1'),
      () => playground.find('ChurnModel', 'telco'),
    );
    await judge(() => normalized(cluster, playground.namespace));
  } finally {
    await playground.leave();
  }
}

describe('an operator killed by SIGKILL', () => {
  let undisturbed: World;
  let duration = 0;

  it('has something to be compared with', async () => {
    let start = 0;
    await story(
      () => {
        start = performance.now();
        return Promise.resolve();
      },
      async (look) => {
        duration = performance.now() - start;
        undisturbed = await until('the objects rest', async () => {
          const first = await look();
          await new Promise((resolve) => setTimeout(resolve, 10_000));
          const second = await look();
          return JSON.stringify(first) === JSON.stringify(second) && second;
        });
      },
    );
    expect(Object.keys(undisturbed)).toContain('deployments/telco-1');
  });

  const random = seeded(42);
  const moments = Array.from({ length: kills }, (_, index) => [index + 1, random()] as const);

  it.each(moments)('leaves in story %d, at %f of its time, what an undisturbed one leaves', async (_, moment) => {
    let last: World = {};
    await story(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, moment * duration));
        await killOperator(cluster);
      },
      async (look) => {
        await until('the objects are those of the undisturbed story', async () => {
          last = await look();
          return JSON.stringify(last) === JSON.stringify(undisturbed);
        }).catch(() => {
          expect(last).toEqual(undisturbed);
        });
      },
    );
  });
});
