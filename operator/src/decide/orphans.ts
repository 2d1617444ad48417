import type { Deployment, World } from '../world.js';
import { numberInName, revisionName } from './names.js';
import { revisionNamed } from './revisions.js';

/** Deployments that look like those of revisions, without a revision that we know of: somebody deleted it, or a cache is late. */
export function orphans(world: World): readonly Deployment[] {
  const { name: model } = world.model.key;
  return world.deployments.filter(({ name }) => {
    const number = numberInName(name, model);
    return number !== undefined && name === revisionName(model, number) && revisionNamed(world, name) === undefined;
  });
}
