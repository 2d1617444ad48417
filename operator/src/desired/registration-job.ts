import { annotations, artifactKeys, Registration, registrationEnvironment } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';
import { artifactName, registrationName } from '../decide/names.js';
import type { RegistrationRecord } from '../decide/registration-record.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision, World } from '../world.js';
import { mountedReferences } from './mounted-references.js';
import { childLabels, childMetadata } from './ownership.js';
import { restrictedContainer, restrictedPod } from './pod-security.js';
import { scheduling } from './pod-settings.js';
import { unexpanded } from './unexpanded.js';

const volumes = { credentials: 'mlflow-credentials', ca: 'mlflow-ca' } as const;

/** It reads some manifests and sends some requests: what training needs would only keep it from a node. */
const resources = { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } };

/** What one Job is about. */
interface Task {
  /** From 1. */
  readonly number: number;
  readonly record: RegistrationRecord;
  /** Those to tell of, oldest first. One without a recorded artifact was refused by a gate. */
  readonly missing: readonly Revision[];
}

/**
 * The Job that tells MLflow what is new. It has the user's credentials and no right to the API: the operator itself neither reads
 * Secrets nor asks the user's URLs. No time to live: when it ended well it says what MLflow has.
 */
export function registrationJob({ model, release }: World, task: Task): DesiredObject {
  const { spec, key } = model;
  const { image, serviceAccountName, pod } = spec.training;
  const name = registrationName(key.name, task.number);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...childMetadata(model, name, childLabels(key.name, 'registry')),
      annotations: { [annotations.registration]: JSON.stringify(task.record) },
    },
    spec: {
      backoffLimit: 2,
      activeDeadlineSeconds: 600,
      template: {
        metadata: { labels: childLabels(key.name, 'registry') },
        spec: {
          restartPolicy: 'Never',
          enableServiceLinks: false,
          automountServiceAccountToken: false,
          ...(serviceAccountName === '' ? {} : { serviceAccountName }),
          securityContext: restrictedPod,
          containers: [container(image === '' ? release.trainerImage : image, model, task)],
          volumes: [
            { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
            ...artifacts(model, task.missing),
            ...access(spec).volumes,
          ],
          ...scheduling(pod),
        },
      },
    },
  };
}

function container(image: string, model: Model, { record, missing }: Task) {
  const { env, volumeMounts } = access(model.spec);
  const document = unexpanded(JSON.stringify(told(model, record, missing)));
  return {
    name: 'trainer',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/app/trainer/dist/main.js', 'register'],
    env: [{ name: registrationEnvironment.registration, value: document }, ...env, ...model.spec.training.pod.env],
    resources,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: restrictedContainer,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...missing.map(({ name }) => ({ name: volumeOf(name), mountPath: folderOf(name), readOnly: true })),
      ...volumeMounts,
    ],
  };
}

function access({ registry: { mlflow } }: ChurnModelSpec) {
  const { credentials, caFile } = registrationEnvironment;
  return mountedReferences(mlflow ?? {}, volumes, { credentials, ca: caFile });
}

function told({ key, uid, spec }: Model, record: RegistrationRecord, missing: readonly Revision[]): Registration {
  const { url = '', registeredModelName = '', championAlias = '', challengerAlias = '' } = spec.registry.mlflow ?? {};
  return Registration.parse({
    url,
    name: registeredModelName === '' ? `${key.namespace}.${key.name}` : registeredModelName,
    model: `${key.namespace}/${key.name}`,
    modelUid: uid,
    versions: missing.flatMap(({ name, status }) => {
      if (status?.artifact === undefined) return [];
      const { configMap, sha256, uri = `configmap://${key.namespace}/${configMap}` } = status.artifact;
      return [{ revision: name, folder: folderOf(name), sha256, source: uri }];
    }),
    refused: missing.flatMap(({ name, status }) => {
      if (status?.artifact !== undefined) return [];
      return [{ revision: name, folder: folderOf(name), reason: status?.training?.message ?? '' }];
    }),
    champion: { alias: championAlias, sha256: record.champion },
    challenger: { alias: challengerAlias, sha256: record.challenger },
  });
}

/** Optional, as the references: what is missing makes the container say so. */
function artifacts(model: Model, missing: readonly Revision[]) {
  const items = [{ key: artifactKeys.manifest, path: artifactKeys.manifest }];
  return missing.map((revision) => ({
    name: volumeOf(revision.name),
    configMap: { name: manifestConfigMap(model, revision), optional: true, items },
  }));
}

/** The ConfigMap with the manifest of what a revision serves, or would if no gate had refused it. */
export function manifestConfigMap({ uid }: Model, { name, status }: Revision): string {
  return status?.artifact?.configMap ?? artifactName(name, uid);
}

function folderOf(revision: string): string {
  return `/var/run/churnops/artifacts/${revision}`;
}

/** Names of volumes are DNS labels, and a revision's is one. */
function volumeOf(revision: string): string {
  return `of-${revision}`;
}
