import { annotations, API_VERSION, ChurnModelSpec } from '@churnops/crds';
import type { ChurnModelRevisionSpec } from '@churnops/crds';
import { contentHash, revisionName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Release } from '../world.js';
import { jobTemplate } from './job-template.js';
import { childLabels, childMetadata } from './ownership.js';
import { podTemplate } from './pod-template.js';
import { trainingInput } from './training-input.js';
import { unlessDefault } from './unless-default.js';

/** What makes two revisions the same. */
export interface Hashes {
  readonly inputHash: string;
  readonly servingHash: string;
}

const defaults = {
  training: ChurnModelSpec.shape.training.parse({}),
  serving: ChurnModelSpec.shape.serving.parse({}),
};

/**
 * The hashes of a spec. They cover what the user wrote and not what this release renders from it, so that an upgrade of the
 * operator makes no revision. For the same reason a field that came after release 0.1.0 counts only when it is not its default.
 */
export function hashesOf(spec: ChurnModelSpec): Hashes {
  const known = hashesBySpec.get(spec);
  if (known !== undefined) return known;
  const hashes = newHashesOf(spec);
  hashesBySpec.set(spec, hashes);
  return hashes;
}

/** A plan asks for the hashes of its one spec dozens of times, and hashing is most of its work. */
const hashesBySpec = new WeakMap<ChurnModelSpec, Hashes>();

function newHashesOf(spec: ChurnModelSpec): Hashes {
  const { image, resources, backoffLimit, activeDeadlineSeconds, serviceAccountName, pod } = spec.training;
  const { secretRef, volume, caBundleRef } = spec.data;
  const later = unlessDefault({ serviceAccountName, pod }, defaults.training);
  return {
    inputHash: contentHash({
      input: trainingInput(spec),
      source: { secretRef, volume, caBundleRef },
      artifacts: spec.artifacts.s3,
      run: { image, resources, backoffLimit, activeDeadlineSeconds, ...later },
    }),
    servingHash: servingHash(spec.serving),
  };
}

/** The Service is not part of it: its type and annotations apply at once. */
function servingHash(serving: ChurnModelSpec['serving']): string {
  const { image, resources, maxBatchSize, requestTimeoutSeconds, access, serviceAccountName, pod } = serving;
  const later = unlessDefault({ serviceAccountName, pod }, defaults.serving);
  return contentHash({ image, resources, maxBatchSize, requestTimeoutSeconds, access, ...later });
}

/** The longest value of the annotation that a revision records as it is. */
const MAX_REFRESH = 256;

/**
 * What a revision of this model records of the annotation `churnops.dev/refresh`; undefined without it. Of a longer value than a
 * revision can hold it is the hash, so that every value makes a revision, and another value another one.
 */
export function refreshOf(model: Model): string | undefined {
  const value = model.object.metadata.annotations?.[annotations.refresh];
  return value === undefined || value.length <= MAX_REFRESH ? value : `sha256:${contentHash(value)}`;
}

/**
 * A new revision of the model. `reuseArtifactOf`: the revision that was trained on the same inputs. `isRefresh`: it differs from
 * the one before only by the annotation.
 */
export function newRevision(
  model: Model,
  release: Release,
  identity: { readonly number: number; readonly reuseArtifactOf: string | undefined; readonly isRefresh?: boolean },
): DesiredObject {
  const { number, reuseArtifactOf, isRefresh = false } = identity;
  const refresh = refreshOf(model);
  const changed = isRefresh ? 'Refreshed' : 'SpecChanged';
  const spec: ChurnModelRevisionSpec = {
    model: model.key.name,
    number,
    trigger: number === 1 ? 'Created' : changed,
    ...(refresh === undefined ? {} : { refresh }),
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
