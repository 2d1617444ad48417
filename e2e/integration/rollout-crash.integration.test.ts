import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Death } from '../faults/crashing-client.js';
import { deathsIn, tellAll } from '../faults/deaths.js';
import { CanaryStory, type Cast, quickRollout } from '../harness/canary-story.js';
import { long } from '../harness/fault-scale.js';
import { hastyClock } from '../harness/lab-clock.js';
import { OperatorLab, type RunningOperator, type Story } from '../harness/operator-lab.js';
import { type StoryEnd, untilEnd, untilQuiet } from '../harness/same-end.js';

/** Time limit of a test with up to a hundred stories, in ms: it only ends a hang. */
const MANY_STORIES_MS = long ? 7_200_000 : 1_500_000;
/** Deaths in the short form, about. */
const SHORT_DEATHS = 4;
// What is stored after a write is what is stored before the next one: in the short form one of the two moments must do.
const moments: readonly Death['moment'][] = long ? ['before', 'after'] : ['after'];

/** In the time of the hasty clock: only evidence ends a step, and the bake takes some looks. */
const rollout = {
  steps: quickRollout.steps.map((step) => ({ ...step, maxSeconds: 86_400 })),
  rollback: { bakeSeconds: 90 },
  progressDeadlineSeconds: 86_400,
};

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
});

afterAll(async () => {
  await lab.stop();
});

function operate(story: Story, death?: Death): Promise<RunningOperator> {
  return lab.startOperator({
    namespace: story.namespace,
    clock: hastyClock(),
    ...(death !== undefined && { death }),
  });
}

interface Case {
  readonly cast: Cast;
  /** Waits until the rollout is over. */
  readonly over: (canary: CanaryStory) => Promise<void>;
  readonly currents: readonly string[];
}

const passing: Case = {
  cast: {},
  over: async (canary) => {
    await canary.untilStage('Complete');
    await canary.untilOnly('telco-2');
  },
  currents: ['telco-1', 'telco-2'],
};

const failing: Case = {
  cast: { 'telco-2': { failing: 1 } },
  over: async (canary) => {
    await canary.untilStage('RolledBack');
    await canary.untilOnly('telco-1');
  },
  currents: ['telco-1'],
};

async function served(cast: Cast): Promise<CanaryStory> {
  let first: RunningOperator | undefined;
  const canary = await CanaryStory.begin(lab, { cast, rollout }, async (story) => {
    first = await operate(story);
  });
  await first?.stop();
  return canary;
}

async function surviveDeath(canary: CanaryStory, death: Death, undisturbed: StoryEnd): Promise<void> {
  const { story } = canary;
  const doomed = await operate(story, death);
  await canary.change();
  await untilEnd(lab, story, undisturbed, () => doomed.life.dead);
  await doomed.stop();
  await lab.expireLease(story.namespace);
  const successor = await operate(story);
  await untilEnd(lab, story, undisturbed);
  expect({ death, outages: canary.outages(), flaws: story.flaws() }).toEqual({ death, outages: 0, flaws: [] });
  await successor.stop();
}

describe('an operator that dies in a canary', () => {
  it.each([
    ['that passes', passing],
    ['that fails', failing],
  ] as const)(
    '%s, before or after any write, leaves what an undisturbed one leaves',
    async (_, { cast, over, currents }) => {
      const calm = await served(cast);
      const operator = await operate(calm.story);
      await calm.change();
      await over(calm);
      const undisturbed = await untilQuiet(lab, calm.story, operator);
      await operator.stop();
      const { writes } = operator.life;

      const every = long ? 1 : Math.ceil(writes.length / SHORT_DEATHS);
      await tellAll(deathsIn(writes.length, moments, every), async (death) => {
        const canary = await served(cast);
        await surviveDeath(canary, death, undisturbed);
        expect({ death, currents: canary.currents() }).toEqual({ death, currents });
        await lab.forget(canary.story);
      });
    },
    MANY_STORIES_MS,
  );
});
