import { expect } from '@jest/globals';
import { conditionsOf } from './kube-object.js';
import { normalized } from './normalized.js';
import type { OperatorLab, RunningOperator, Story } from './operator-lab.js';
import { until } from './until.js';

/** Every object of a namespace, without what differs from run to run. */
export type StoryEnd = Record<string, unknown>;

/** Waits until neither the operator writes nor the namespace changes, and returns what is there then. */
export async function untilQuiet(lab: OperatorLab, story: Story, operator: RunningOperator): Promise<StoryEnd> {
  let before = '';
  let alike = 0;
  return until(`${story.namespace} is quiet`, async () => {
    const writes = operator.life.writes.length;
    const world = await normalized(lab.cluster, story.namespace);
    const now = JSON.stringify([writes, world]);
    alike = now === before ? alike + 1 : 0;
    before = now;
    if (alike < 2) await new Promise((resolve) => setTimeout(resolve, 3_000));
    return alike >= 2 && world;
  });
}

/** Waits until the namespace is as an undisturbed operator leaves it, or `enough` holds. Shows what differs when neither comes. */
export async function untilEnd(
  lab: OperatorLab,
  story: Story,
  undisturbed: StoryEnd,
  enough: () => boolean = () => false,
): Promise<void> {
  const wanted = JSON.stringify(undisturbed);
  let last: StoryEnd = {};
  try {
    await until('the objects are those of an undisturbed run', async () => {
      if (enough()) return true;
      const model = await story.get('ChurnModel', 'telco');
      // Comparing takes many calls: not while the operator says that it is at work.
      if (conditionsOf(model)['Ready']?.status !== 'True' && 'Reconciling' in conditionsOf(model)) return false;
      last = await normalized(lab.cluster, story.namespace);
      return JSON.stringify(last) === wanted;
    });
  } catch {
    last = await normalized(lab.cluster, story.namespace);
    expect({ namespace: story.namespace, ...last }).toEqual({ namespace: story.namespace, ...undisturbed });
  }
}
