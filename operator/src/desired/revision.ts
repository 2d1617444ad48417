import { API_VERSION } from '@churnops/crds';
import type { ChurnModelRevisionSpec, ChurnModelSpec } from '@churnops/crds';
import { contentHash, revisionName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Release } from '../world.js';
import { jobTemplate } from './job-template.js';
import { childLabels, childMetadata } from './ownership.js';
import { podTemplate } from './pod-template.js';
import { trainingInput } from './training-input.js';

/** What makes two revisions the same. */
export interface Hashes {
  readonly inputHash: string;
  readonly servingHash: string;
}

/**
 * The hashes of a spec. They cover what the user wrote and not what this release renders from it, so that an upgrade of the
 * operator makes no revision.
 */
export function hashesOf(spec: ChurnModelSpec): Hashes {
  const { image, resources, backoffLimit, activeDeadlineSeconds } = spec.training;
  const { secretRef, volume } = spec.data;
  return {
    inputHash: contentHash({
      input: trainingInput(spec),
      source: { secretRef, volume },
      run: { image, resources, backoffLimit, activeDeadlineSeconds },
    }),
    servingHash: contentHash(spec.serving),
  };
}

/** A new revision of the model. `reuseArtifactOf`: the revision that was trained on the same inputs. */
export function newRevision(
  model: Model,
  release: Release,
  identity: { readonly number: number; readonly reuseArtifactOf: string | undefined },
): DesiredObject {
  const { number, reuseArtifactOf } = identity;
  const spec: ChurnModelRevisionSpec = {
    model: model.key.name,
    number,
    trigger: number === 1 ? 'Created' : 'SpecChanged',
    ...hashesOf(model.spec),
    training: JSON.stringify(trainingInput(model.spec)),
    jobTemplate: JSON.stringify(jobTemplate(model.spec, release)),
    podTemplate: JSON.stringify(podTemplate(model.key.name, model.spec, release)),
    ...(reuseArtifactOf === undefined ? {} : { reuseArtifactOf }),
  };
  const name = revisionName(model.key.name, number);
  return {
    apiVersion: API_VERSION,
    kind: 'ChurnModelRevision',
    metadata: childMetadata(model, name, childLabels(model.key.name, 'serving', name)),
    spec,
  };
}
