import { networkPolicy } from '../desired/network-policy.js';
import { renderedPodTemplate } from '../desired/rendered-pod-template.js';
import { servingServiceAccount } from '../desired/serving-service-account.js';
import type { World } from '../world.js';
import type { Action } from './action.js';
import { servingAccountName } from './names.js';
import { signingKeys } from './secrets.js';

/**
 * What serving pods need around them before a new revision starts any: an identity, and keys to sign with. It is made with the
 * model, so that a foreign object with one of their names is told of before a training and not after it.
 */
export function surroundings(world: World): readonly Action[] {
  const { model, release } = world;
  return [
    // Without it pods run all the same, and who may connect to them is told to be open.
    { kind: 'Apply', object: networkPolicy(model, release), mayFail: true },
    ...(needsOwnAccount(world) ? [{ kind: 'Apply', object: servingServiceAccount(model) } as const] : []),
    ...signingKeys(world),
  ];
}

/** Also when the user names another one by now, for as long as pods run that were made before. */
function needsOwnAccount({ model, revisions, deployments }: World): boolean {
  if (model.spec.serving.serviceAccountName === '') return true;
  const running = new Set(deployments.map(({ name }) => name));
  const accounts = revisions
    .filter(({ name }) => running.has(name))
    .map((revision) => renderedPodTemplate(revision).spec.serviceAccountName);
  return accounts.includes(servingAccountName(model.key.name));
}
