import { trainerExitCodes, trainingEnvironment } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';
import type { Release } from '../world.js';
import { storeAccess } from './artifact-store.js';
import { mountedReferences } from './mounted-references.js';
import { restrictedContainer, restrictedPod } from './pod-security.js';
import { scheduling } from './pod-settings.js';
import { trainingInput } from './training-input.js';
import { unexpanded } from './unexpanded.js';

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
  const [data, store] = [dataAccess(spec), storeAccess(spec.artifacts.s3)];
  return {
    name: 'trainer',
    image: spec.training.image === '' ? release.trainerImage : spec.training.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/app/trainer/dist/main.js', 'run'],
    env: [
      { name: trainingEnvironment.input, value: unexpanded(JSON.stringify(trainingInput(spec))) },
      { name: trainingEnvironment.dataRoot, value: DATA_PATH },
      ...data.env,
      ...store.env,
      ...spec.training.pod.env,
    ],
    resources: spec.training.resources,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: restrictedContainer,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...data.volumeMounts,
      ...(spec.data.volume === undefined ? [] : [{ name: 'data', mountPath: DATA_PATH, readOnly: true }]),
      ...store.volumeMounts,
    ],
  };
}

function volumes(spec: ChurnModelSpec): Readonly<Record<string, unknown>>[] {
  const { volume } = spec.data;
  return [
    { name: 'tmp', emptyDir: { sizeLimit: '4Gi' } },
    ...dataAccess(spec).volumes,
    ...(volume === undefined
      ? []
      : [{ name: 'data', persistentVolumeClaim: { claimName: volume.persistentVolumeClaimName, readOnly: true } }]),
    ...storeAccess(spec.artifacts.s3).volumes,
  ];
}

function dataAccess({ data }: ChurnModelSpec) {
  const { credentials, caFile } = trainingEnvironment;
  return mountedReferences(data, { credentials: 'credentials', ca: 'ca' }, { credentials, ca: caFile });
}
