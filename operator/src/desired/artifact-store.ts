import { artifactStoreEnvironment, ArtifactStore } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';
import { z } from 'zod';
import { artifactName } from '../decide/names.js';
import { readRevision } from '../revision-unreadable.js';
import type { Model, Revision } from '../world.js';
import { mountedReferences, type PodParts } from './mounted-references.js';
import { unexpanded } from './unexpanded.js';

/** Names of the volumes that a container needs which reaches the store. */
export const storeVolumes = { credentials: 'artifact-credentials', ca: 'artifact-ca' } as const;

/** What a container needs to reach the store; nothing without one. */
export function storeAccess(s3: ChurnModelSpec['artifacts']['s3']): PodParts {
  if (s3 === undefined) return { env: [], volumeMounts: [], volumes: [] };
  const { endpoint, region, forcePathStyle, bucket, prefix } = s3;
  const store = ArtifactStore.parse({ endpoint, region, forcePathStyle, bucket, prefix });
  const { credentials, caFile } = artifactStoreEnvironment;
  const { env, ...mounts } = mountedReferences(s3, storeVolumes, { credentials, ca: caFile });
  const told = { name: artifactStoreEnvironment.store, value: unexpanded(JSON.stringify(store)) };
  return { ...mounts, env: [told, ...env] };
}

const Template = z.looseObject({
  template: z.looseObject({
    spec: z.looseObject({
      containers: z.array(z.looseObject({ env: z.array(z.looseObject({ name: z.string(), value: z.string() })) })),
    }),
  }),
});

/**
 * The folder `s3://BUCKET/PREFIX/NAMESPACE/NAME` of everything that the training of a revision writes; undefined when its artifact
 * is kept in the cluster. It goes by what the revision carries, not by what the model asks for by now.
 */
export function artifactFolder(model: Model, revision: Revision): string | undefined {
  const { template } = readRevision(revision.name, 'spec.jobTemplate', () =>
    Template.parse(JSON.parse(revision.spec.jobTemplate)),
  );
  const told = template.spec.containers
    .flatMap(({ env }) => env)
    .find(({ name }) => name === artifactStoreEnvironment.store);
  if (told === undefined) return undefined;
  const { bucket, prefix } = ArtifactStore.parse(JSON.parse(told.value));
  const path = [bucket, prefix, model.key.namespace, artifactName(revision.name, model.uid)];
  return `s3://${path.filter((part) => part !== '').join('/')}`;
}
