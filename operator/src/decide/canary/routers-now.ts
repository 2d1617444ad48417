import type { RolloutStatus } from '@churnops/crds';
import { routerReading } from '../../scrape/router-reading.js';
import type { Page, Pod, Revision, World } from '../../world.js';
import type { Counters } from '../analysis/counters.js';
import { currentRevision } from '../revisions.js';
import type { Router } from './canary-look.js';
import { isBaking } from './rollout-facts.js';

/** What the pods that route to a revision say. */
export interface RoutersNow {
  readonly routers: readonly Router[];
  /** Of those that could be read. */
  readonly counters: Counters;
  /** Why nothing at all could be read; undefined when something was. */
  readonly problem: string | undefined;
}

/** The pods that send rows to a revision in its rollout: what serves, or in the bake what served before. */
export function routersOf(world: World, revision: Revision): readonly Pod[] {
  const current = currentRevision(world);
  const name = revision === current ? previousOf(revision) : current?.name;
  return world.pods.filter(
    (pod) => pod.revision === name && pod.ready && !pod.terminating && pod.address !== undefined,
  );
}

function previousOf(revision: Revision): string | undefined {
  return isBaking(revision) ? revision.status?.rollout?.previousRevision : undefined;
}

/** A router that could not be read counts as one that knows of no decision yet and still acts on the share told last. */
export function readRouters(world: World, revision: Revision, { acknowledgedPercent = 0 }: RolloutStatus): RoutersNow {
  const pods = routersOf(world, revision);
  const read = pods.map(({ name }) => ({ name, page: world.pages?.get(name) }));
  const unread: Router = { sequence: 0, percent: acknowledgedPercent, reaches: true };
  const readings = read.flatMap(({ name, page }) => {
    const reading = page !== undefined && 'samples' in page ? routerReading(page.samples, revision.name) : undefined;
    return reading === undefined ? [] : [{ name, ...reading }];
  });
  const missing = read.filter(({ name }) => readings.every((reading) => reading.name !== name));
  return {
    routers: [...readings.map(({ router }) => router), ...missing.map(() => unread)],
    counters: Object.fromEntries(readings.map(({ name, counters }) => [name, counters])),
    problem: readings.length > 0 ? undefined : problemOf(missing),
  };
}

function problemOf(missing: readonly { readonly name: string; readonly page: Page | undefined }[]): string {
  const [first] = missing;
  if (first === undefined) return 'no pod that serves is ready';
  const why = first.page !== undefined && 'problem' in first.page ? first.page.problem : 'it says nothing of routing';
  return `the counters of pod ${first.name} could not be read: ${why}`;
}
