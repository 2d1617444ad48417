import type { RolloutStatus } from '@churnops/crds';
import { routerReading } from '../../scrape/router-reading.js';
import { servedReading } from '../../scrape/served-reading.js';
import type { Page, Pod, Revision, World } from '../../world.js';
import type { ServedCounters } from '../analysis/bake-evidence.js';
import type { Read } from '../analysis/evidence.js';
import { readyPods } from '../ready-pods.js';
import { currentRevision } from '../revisions.js';
import type { CanaryLook, Router } from './canary-look.js';

/** What the pods that take part in a rollout say. */
export interface PodsNow extends Pick<CanaryLook, 'current' | 'canGoBack' | 'routers'> {
  /** Forwarded rows, of the routers that could be read. */
  readonly read: Read;
  /** Requests of users, of the pods of the revision that serves. */
  readonly served: ServedCounters;
  /** Why nothing could be read of any pod that serves or forwards; undefined when something was. */
  readonly problem: string | undefined;
}

/** What was read of the pods of the revision that serves, and of the one that it replaced. */
export function podsNow(world: World, revision: Revision, rollout: RolloutStatus): PodsNow {
  const routers = routersOf(world, revision);
  const serving = podsOf(world, currentRevision(world)?.name);
  const readings = routers.flatMap((pod) => {
    const samples = samplesOf(world, pod);
    const reading = samples && routerReading(samples, revision.name);
    return reading === undefined ? [] : [[pod.name, reading] as const];
  });
  const byPod = Object.fromEntries(readings);
  const { thresholdMilliseconds } = world.model.spec.rollout.analysis.latency;
  const served = serving.flatMap((pod) => {
    const samples = samplesOf(world, pod);
    return samples === undefined ? [] : [[pod.name, servedReading(samples, thresholdMilliseconds)] as const];
  });
  return {
    current: { readyPods: serving.length },
    canGoBack: routers.length > 0,
    routers: routers.map(({ name }) => byPod[name]?.router ?? unread(rollout)),
    read: {
      live: Object.fromEntries(readings.map(([name, { counters }]) => [name, counters])),
      replay: Object.fromEntries(readings.map(([name, { replay }]) => [name, replay])),
    },
    // Before its first copies nothing is compared, and the counters tell later what came meanwhile. Once it was rolled back from the
    // bake, what serves is another revision than the one that its tests are about.
    served: rollout.percent === 0 ? {} : Object.fromEntries(served),
    problem: problemOf(world, rollout.stage === 'Baking' ? serving : routers),
  };
}

/** The pods that send rows to a revision in its rollout: of what serves, or of what served before once the revision does. */
export function routersOf(world: World, revision: Revision): readonly Pod[] {
  const current = currentRevision(world);
  return podsOf(world, revision === current ? revision.status?.rollout?.previousRevision : current?.name);
}

/** The pods of a revision that can be asked. */
export function podsOf(world: World, revision: string | undefined): readonly Pod[] {
  return readyPods(world, revision).filter(({ address }) => address !== undefined);
}

/** A router that could not be read counts as one that knows of no decision yet and still acts on the share told last. */
function unread({ acknowledgedPercent = 0 }: RolloutStatus): Router {
  return { sequence: 0, percent: acknowledgedPercent, reaches: true };
}

/** What a pod's page, if it was read at this look, has; undefined otherwise. */
export function samplesOf({ pages }: World, { name }: Pod) {
  const page = pages?.get(name);
  return page !== undefined && 'samples' in page ? page.samples : undefined;
}

function problemOf(world: World, pods: readonly Pod[]): string | undefined {
  if (pods.some((pod) => samplesOf(world, pod) !== undefined)) return undefined;
  const [first] = pods;
  if (first === undefined) return 'no pod that serves is ready';
  return `the counters of pod ${first.name} could not be read: ${whyNot(world.pages?.get(first.name))}`;
}

function whyNot(page: Page | undefined): string {
  return page !== undefined && 'problem' in page ? page.problem : 'it was not asked';
}
