import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Death } from '../faults/crashing-client.js';
import { deathsIn, someDeathsIn, tellAll } from '../faults/deaths.js';
import { CanaryStory, type Cast, hastyLongBake, hastyRollout } from '../harness/canary-story.js';
import { long } from '../harness/fault-scale.js';
import { hastyClock } from '../harness/lab-clock.js';
import { OperatorLab, type RunningOperator, type Story } from '../harness/operator-lab.js';
import { revisionOf } from '../harness/played-kubelet.js';
import { printFigure } from '../harness/print-figure.js';
import { type StoryEnd, untilEnd, untilQuiet } from '../harness/same-end.js';

/** Time limit of a test with hundreds of stories, in ms: it only ends a hang. */
const MANY_STORIES_MS = long ? 14_400_000 : 1_500_000;
/** Waits for approval with a fifth of the rows. */
const byApproval = {
  ...hastyRollout,
  steps: hastyRollout.steps.map((step, index) => ({ ...step, approval: index === 0 ? 'NotRequired' : 'Required' })),
};

interface Plot {
  readonly cast?: Cast;
  readonly rollout: object;
  /** What comes before: nobody dies yet. */
  readonly scene?: (canary: CanaryStory) => Promise<void>;
  /** Every state that it waits for stays, whoever operates by then. */
  readonly act: (canary: CanaryStory) => Promise<void>;
  readonly currents: readonly string[];
  /** No pod answers for a while, whatever the operator does. */
  readonly isOutage?: true;
  /** How many deaths are tried in the short form. */
  readonly shortDeaths: number;
}

async function midCanary(canary: CanaryStory): Promise<void> {
  await canary.change();
  await canary.untilHeld('Canary', 'AwaitingApproval');
}

async function baking(canary: CanaryStory): Promise<void> {
  await canary.change();
  await canary.untilStage('Baking');
  await canary.untilServes('telco-2');
}

async function completed(canary: CanaryStory, { revision = 'telco-2', attempt = 1 } = {}): Promise<void> {
  await canary.untilRollout(
    `is complete in attempt ${attempt}`,
    (seen) => seen.stage === 'Complete' && seen.attempt === attempt,
    revision,
  );
  await canary.untilOnly(revision);
}

async function pinnedForAWhile(canary: CanaryStory): Promise<void> {
  await canary.spec({ rollout: { pinnedRevision: 'telco-1' } });
  await canary.untilOnly('telco-1');
  await canary.untilServes('telco-1');
  await canary.spec({ rollout: { ...hastyRollout, pinnedRevision: '' } });
  await completed(canary, { attempt: 2 });
}

const plots: Readonly<Record<string, Plot>> = {
  'that passes': {
    rollout: hastyRollout,
    act: async (canary) => {
      await canary.change();
      await completed(canary);
    },
    currents: ['telco-1', 'telco-2'],
    shortDeaths: 3,
  },
  'that fails': {
    cast: { 'telco-2': { failing: 1 } },
    // It never gets further than that: the end is the same at any speed.
    rollout: { ...hastyRollout, shadowSamples: 1_000_000 },
    act: async (canary) => {
      await canary.change();
      await canary.untilStage('RolledBack');
      await canary.untilOnly('telco-1');
    },
    currents: ['telco-1'],
    shortDeaths: 2,
  },
  'that fails in the bake': {
    rollout: hastyLongBake,
    scene: baking,
    act: async (canary) => {
      canary.cast({ 'telco-2': { failing: 0.5 } });
      await canary.untilHeld('RolledBack', 'AnalysisFailed');
      await canary.untilOnly('telco-1');
    },
    currents: ['telco-1', 'telco-2', 'telco-1'],
    shortDeaths: 2,
  },
  'that a pin ends, until it is taken away': {
    rollout: byApproval,
    scene: midCanary,
    act: pinnedForAWhile,
    currents: ['telco-1', 'telco-2'],
    shortDeaths: 1,
  },
  'that a pin ends in the bake, until it is taken away': {
    rollout: hastyLongBake,
    scene: baking,
    act: pinnedForAWhile,
    currents: ['telco-1', 'telco-2', 'telco-1', 'telco-2'],
    shortDeaths: 1,
  },
  'that a changed spec ends': {
    rollout: byApproval,
    scene: midCanary,
    act: async (canary) => {
      await canary.spec({ training: { seed: 8 }, rollout: hastyRollout });
      await completed(canary, { revision: 'telco-3' });
    },
    currents: ['telco-1', 'telco-3'],
    shortDeaths: 1,
  },
  'that a person rejects': {
    rollout: byApproval,
    scene: midCanary,
    act: async (canary) => {
      await canary.verdict('reject');
      await canary.untilHeld('RolledBack', 'Rejected');
      await canary.untilOnly('telco-1');
    },
    currents: ['telco-1'],
    shortDeaths: 1,
  },
  'that takes over from pods that are gone': {
    rollout: byApproval,
    scene: midCanary,
    act: async (canary) => {
      canary.story.direct({ serving: (pod) => ({ kind: revisionOf(pod) === 'telco-1' ? 'hold' : 'ready' }) });
      await completed(canary);
    },
    currents: ['telco-1', 'telco-2'],
    isOutage: true,
    shortDeaths: 1,
  },
};

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
});

afterAll(async () => {
  await lab.stop();
});

/** A story at the point where somebody may die, and whoever operates then: by one clock, since clocks that differ are another story. */
interface Beginning {
  readonly canary: CanaryStory;
  readonly operate: (death?: Death) => Promise<RunningOperator>;
}

async function beginning({ cast = {}, rollout, scene }: Plot): Promise<Beginning> {
  const clock = hastyClock();
  const operate = ({ namespace }: Story, death?: Death) =>
    lab.startOperator({ namespace, clock, ...(death !== undefined && { death }) });
  let first: RunningOperator | undefined;
  const canary = await CanaryStory.begin(lab, { cast, rollout }, async (story) => {
    first = await operate(story);
  });
  await scene?.(canary);
  await first?.stop();
  return { canary, operate: (death) => operate(canary.story, death) };
}

/** How a story ends in which nobody dies. */
interface Calm {
  readonly end: StoryEnd;
  readonly writes: number;
}

async function undisturbed(plot: Plot): Promise<Calm> {
  const { canary, operate } = await beginning(plot);
  const operator = await operate();
  await plot.act(canary);
  const end = await untilQuiet(lab, canary.story, operator);
  await operator.stop();
  return { end, writes: operator.life.writes.length };
}

/** Tells a story with a death, and whether it came to that. */
async function survived(plot: Plot, death: Death, end: StoryEnd): Promise<boolean> {
  const { canary, operate } = await beginning(plot);
  const { story } = canary;
  const doomed = await operate(death);
  const successor = doomed.life.died.then(async () => {
    await doomed.stop();
    await lab.expireLease(story.namespace);
    return operate();
  });
  await plot.act(canary);
  await untilEnd(lab, story, end);
  const { dead } = doomed.life;
  await (dead ? await successor : doomed).stop();
  expect({
    flaws: story.flaws(),
    currents: canary.currents(),
    outages: plot.isOutage ? 0 : canary.outages(),
  }).toEqual({ flaws: [], currents: plot.currents, outages: 0 });
  await lab.forget(story);
  return dead;
}

describe('an operator that dies before or after any write of a canary', () => {
  it(
    `leaves what an undisturbed one leaves, of one ${Object.keys(plots).join(', or ')}`,
    async () => {
      const calm = new Map<string, Calm>();
      await tellAll(Object.entries(plots), async ([name, plot]) => {
        calm.set(name, await undisturbed(plot));
      });
      const ordeals = Object.entries(plots).flatMap(([name, plot]) => {
        const { end, writes } = calm.get(name)!;
        // What is stored after a write is what is stored before the next one: in the short form one of the two moments must do.
        const deaths = long ? deathsIn(writes, ['before', 'after']) : someDeathsIn(writes, plot.shortDeaths);
        return deaths.map((death) => ({ name, plot, death, end }));
      });
      const left = new Map(Object.keys(plots).map((name) => [name, ordeals.filter((one) => one.name === name).length]));
      const deaths: string[] = [];
      await tellAll(ordeals, async ({ name, plot, death, end }) => {
        try {
          if (await survived(plot, death, end)) deaths.push(name);
        } catch (cause) {
          throw new Error(`A canary ${name}, death ${death.moment} write ${death.write}`, { cause });
        }
        const others = left.get(name)! - 1;
        left.set(name, others);
        // Told at once: the long form takes hours.
        if (others === 0) printFigure(`R2 deaths in a canary ${name}`, deaths.filter((one) => one === name).length, '');
      });
      expect(new Set(deaths)).toEqual(new Set(Object.keys(plots)));
    },
    MANY_STORIES_MS,
  );
});
