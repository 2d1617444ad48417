import { artifactStoreEnvironment, ArtifactStore } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';
import { z } from 'zod';
import { artifactName } from '../decide/names.js';
import { readRevision } from '../revision-unreadable.js';
import type { Model, Revision } from '../world.js';

const CREDENTIALS_PATH = '/var/run/churnops/artifact-credentials';
const CA_PATH = '/var/run/churnops/artifact-ca';
const CA_FILE = 'ca.crt';

/** Names of the volumes that a container needs which reaches the store. */
export const storeVolumes = { credentials: 'artifact-credentials', ca: 'artifact-ca' } as const;

type S3 = ChurnModelSpec['artifacts']['s3'];

/** Environment of a container that reaches the store; none without one. */
export function storeEnvironment(s3: S3): { name: string; value: string }[] {
  if (s3 === undefined) return [];
  const { endpoint, region, forcePathStyle, bucket, prefix } = s3;
  const store = ArtifactStore.parse({ endpoint, region, forcePathStyle, bucket, prefix });
  const { secretRef, caBundleRef } = s3;
  return [
    { name: artifactStoreEnvironment.store, value: unexpanded(JSON.stringify(store)) },
    ...(secretRef === undefined ? [] : [{ name: artifactStoreEnvironment.credentials, value: CREDENTIALS_PATH }]),
    ...(caBundleRef === undefined ? [] : [{ name: artifactStoreEnvironment.caBundle, value: `${CA_PATH}/${CA_FILE}` }]),
  ];
}

export function storeMounts(s3: S3) {
  const mount = (name: string, mountPath: string) => ({ name, mountPath, readOnly: true });
  return [
    ...(s3?.secretRef === undefined ? [] : [mount(storeVolumes.credentials, CREDENTIALS_PATH)]),
    ...(s3?.caBundleRef === undefined ? [] : [mount(storeVolumes.ca, CA_PATH)]),
  ];
}

/** Optional: what is missing makes the container say so, where a required volume leaves the pod waiting. */
export function storeSources(s3: S3): Readonly<Record<string, unknown>>[] {
  const { secretRef, caBundleRef } = s3 ?? {};
  return [
    ...(secretRef === undefined
      ? []
      : [
          {
            name: storeVolumes.credentials,
            secret: { secretName: secretRef.name, optional: true, defaultMode: 0o440 },
          },
        ]),
    ...(caBundleRef === undefined ? [] : [{ name: storeVolumes.ca, ...certificates(caBundleRef) }]),
  ];
}

function certificates({ kind, name, key }: NonNullable<NonNullable<S3>['caBundleRef']>) {
  const file = { optional: true, items: [{ key, path: CA_FILE }] };
  return kind === 'Secret' ? { secret: { secretName: name, ...file } } : { configMap: { name, ...file } };
}

/** The kubelet reads `$$` as `$` and `$(NAME)` as a variable; column names may hold both. As JSON the text stays the same. */
export function unexpanded(json: string): string {
  return json.replaceAll('$', String.raw`\u0024`);
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
