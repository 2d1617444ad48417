import { artifactStoreEnvironment, trainingEnvironment } from '@churnops/crds';
import { z } from 'zod';
import { removalName } from '../decide/names.js';
import { readRevision } from '../revision-unreadable.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { storeVolumes } from './artifact-store.js';
import { childLabels, childMetadata } from './ownership.js';

const Named = z.looseObject({ name: z.string() });
const Template = z.looseObject({
  template: z.looseObject({
    spec: z.looseObject({
      containers: z.array(z.looseObject({ env: z.array(Named), volumeMounts: z.array(Named) })),
      volumes: z.array(Named),
    }),
  }),
});

/** A Job that failed is made again when it is gone: so often a bucket that can't be reached is tried, in seconds. */
const RETRY_SECONDS = 600;

const keptVolumes: readonly string[] = ['tmp', ...Object.values(storeVolumes)];
const trainingOnly: readonly string[] = Object.values(trainingEnvironment);

/**
 * The Job that removes what a revision's training wrote into its bucket. It runs as the training did, with the rights to the bucket
 * and without those to the data or to the API: the operator itself neither reads the user's Secrets nor asks the user's URLs.
 */
export function removalJob(model: Model, revision: Revision, folder: string): DesiredObject {
  const { template } = readRevision(revision.name, 'spec.jobTemplate', () =>
    Template.parse(JSON.parse(revision.spec.jobTemplate)),
  );
  const { containers, volumes, ...pod } = template.spec;
  const remover = containers.map((container) => ({
    ...container,
    command: ['node', '/app/trainer/dist/main.js', 'remove'],
    env: [
      ...container.env.filter(({ name }) => !trainingOnly.includes(name)),
      { name: artifactStoreEnvironment.uri, value: folder },
    ],
    volumeMounts: container.volumeMounts.filter(({ name }) => keptVolumes.includes(name)),
  }));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: childMetadata(model, removalName(revision.name), childLabels(model.key.name, 'trainer', revision.name)),
    spec: {
      backoffLimit: 3,
      activeDeadlineSeconds: 1800,
      ttlSecondsAfterFinished: RETRY_SECONDS,
      template: {
        metadata: { labels: childLabels(model.key.name, 'trainer') },
        spec: {
          ...pod,
          automountServiceAccountToken: false,
          containers: remover,
          volumes: volumes.filter(({ name }) => keptVolumes.includes(name)),
        },
      },
    },
  };
}
