import { trainerExitCodes, trainingEnvironment } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';
import type { Release } from '../world.js';
import { storeEnvironment, storeMounts, storeSources, unexpanded } from './artifact-store.js';
import { restrictedContainer, restrictedPod } from './pod-security.js';
import { scheduling } from './pod-settings.js';
import { trainingInput } from './training-input.js';

const CREDENTIALS_PATH = '/var/run/churnops/credentials';
const CA_PATH = '/var/run/churnops/ca';
const CA_FILE = 'ca.crt';
const DATA_PATH = '/data';

/**
 * The spec of a training Job without what depends on the revision's name (see `trainingJob`). No time to live: the operator sets
 * it when it has recorded the result, since a Job that is deleted before would be made again.
 */
export function jobTemplate(spec: ChurnModelSpec, release: Release) {
  return {
    backoffLimit: spec.training.backoffLimit,
    activeDeadlineSeconds: spec.training.activeDeadlineSeconds,
    completions: 1,
    parallelism: 1,
    podFailurePolicy: {
      rules: [
        {
          action: 'FailJob',
          onExitCodes: {
            containerName: 'trainer',
            operator: 'In',
            values: [trainerExitCodes.invalid, trainerExitCodes.unreachable],
          },
        },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    template: {
      spec: {
        restartPolicy: 'Never',
        enableServiceLinks: false,
        securityContext: restrictedPod,
        containers: [trainerContainer(spec, release)],
        volumes: volumes(spec),
        ...account(spec.training.serviceAccountName),
        ...scheduling(spec.training.pod),
      },
    },
  };
}

/** A user's ServiceAccount may mount no token by default, but the trainer fills the artifact through the API. */
function account(serviceAccountName: string) {
  return serviceAccountName === '' ? {} : { serviceAccountName, automountServiceAccountToken: true };
}

function trainerContainer(spec: ChurnModelSpec, release: Release) {
  const { secretRef, caBundleRef, volume } = spec.data;
  return {
    name: 'trainer',
    image: spec.training.image === '' ? release.trainerImage : spec.training.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/app/trainer/dist/main.js', 'run'],
    env: [
      { name: trainingEnvironment.input, value: unexpanded(JSON.stringify(trainingInput(spec))) },
      { name: trainingEnvironment.dataRoot, value: DATA_PATH },
      ...(secretRef === undefined ? [] : [{ name: trainingEnvironment.credentials, value: CREDENTIALS_PATH }]),
      ...(caBundleRef === undefined ? [] : [{ name: trainingEnvironment.caFile, value: `${CA_PATH}/${CA_FILE}` }]),
      ...storeEnvironment(spec.artifacts.s3),
      ...spec.training.pod.env,
    ],
    resources: spec.training.resources,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: restrictedContainer,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(secretRef === undefined ? [] : [{ name: 'credentials', mountPath: CREDENTIALS_PATH, readOnly: true }]),
      ...(caBundleRef === undefined ? [] : [{ name: 'ca', mountPath: CA_PATH, readOnly: true }]),
      ...(volume === undefined ? [] : [{ name: 'data', mountPath: DATA_PATH, readOnly: true }]),
      ...storeMounts(spec.artifacts.s3),
    ],
  };
}

function volumes(spec: ChurnModelSpec): Readonly<Record<string, unknown>>[] {
  const { secretRef, caBundleRef, volume } = spec.data;
  return [
    { name: 'tmp', emptyDir: { sizeLimit: '4Gi' } },
    // Optional: a Secret that is deleted just now makes the trainer say so, where a required one leaves the pod waiting.
    ...(secretRef === undefined
      ? []
      : [{ name: 'credentials', secret: { secretName: secretRef.name, optional: true, defaultMode: 0o440 } }]),
    ...(caBundleRef === undefined ? [] : [{ name: 'ca', ...caSource(caBundleRef) }]),
    ...(volume === undefined
      ? []
      : [{ name: 'data', persistentVolumeClaim: { claimName: volume.persistentVolumeClaimName, readOnly: true } }]),
    ...storeSources(spec.artifacts.s3),
  ];
}

/** Optional, as the credentials are. */
function caSource({ kind, name, key }: NonNullable<ChurnModelSpec['data']['caBundleRef']>) {
  const file = { optional: true, items: [{ key, path: CA_FILE }] };
  return kind === 'Secret' ? { secret: { secretName: name, ...file } } : { configMap: { name, ...file } };
}
