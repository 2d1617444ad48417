import { annotations, labels, ports, ROUTING_FILE, servingEnvironment, servingMounts } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';
import { apiKeysName, servingAccountName, signingName } from '../decide/names.js';
import type { Release } from '../world.js';
import { storeAccess } from './artifact-store.js';
import { restrictedContainer, restrictedPod } from './pod-security.js';
import { scheduling, whereSet } from './pod-settings.js';

// Endpoints need a moment to reach every node after a pod is told to end; until then it must still take connections.
const PRE_STOP_SECONDS = 5;
const DRAIN_SPARE_SECONDS = 25;

/** The template of a serving pod without what depends on the revision's name and artifact (see `servingDeployment`). */
export function podTemplate(model: string, spec: ChurnModelSpec, release: Release) {
  const { pod, serviceAccountName } = spec.serving;
  const metadata = whereSet({ labels: pod.labels, annotations: pod.annotations });
  return {
    ...whereSet({ metadata }),
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: PRE_STOP_SECONDS + spec.serving.requestTimeoutSeconds + DRAIN_SPARE_SECONDS,
      securityContext: restrictedPod,
      topologySpreadConstraints: spread(model, pod.topologySpreadConstraints),
      ...whereSet({ initContainers: fetching(spec, release) }),
      containers: [servingContainer(model, spec, release)],
      volumes: volumes(model, spec),
      serviceAccountName: serviceAccountName === '' ? servingAccountName(model) : serviceAccountName,
      ...scheduling(pod),
    },
  };
}

type Spread = ChurnModelSpec['serving']['pod']['topologySpreadConstraints'];

const overNodes: Spread = [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }];

/** Pods of one template are spread among themselves: those of another revision, on their way out, don't count. */
function spread(model: string, constraints: Spread) {
  const these = { labelSelector: { matchLabels: { [labels.model]: model } }, matchLabelKeys: ['pod-template-hash'] };
  return (constraints.length === 0 ? overNodes : constraints).map((constraint) => ({ ...constraint, ...these }));
}

/** Fetches the artifact from its bucket: the keys to it never reach the container that answers requests. */
function fetching({ artifacts: { s3 }, serving }: ChurnModelSpec, release: Release) {
  if (s3 === undefined) return [];
  const store = storeAccess(s3);
  return [
    {
      name: 'artifact',
      image: serving.image === '' ? release.servingImage : serving.image,
      imagePullPolicy: 'IfNotPresent',
      command: ['node', '/app/serving/dist/main.js', 'fetch'],
      env: [{ name: servingEnvironment.artifact, value: servingMounts.artifact }, ...store.env],
      resources: serving.resources,
      terminationMessagePolicy: 'FallbackToLogsOnError',
      securityContext: restrictedContainer,
      volumeMounts: [
        { name: 'artifact', mountPath: servingMounts.artifact },
        { name: 'tmp', mountPath: '/tmp' },
        ...store.volumeMounts,
      ],
    },
  ];
}

/** Only what is set: the template of a spec without a limit is the one that release 0.1.0 made. */
function limiting(limit: ChurnModelSpec['serving']['access']['rateLimit']) {
  const variables = {
    [servingEnvironment.requestsPerSecond]: limit?.requestsPerSecond,
    [servingEnvironment.requestBurst]: limit?.burst,
  };
  return Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: String(value) }],
  );
}

function servingContainer(model: string, spec: ChurnModelSpec, release: Release) {
  const { serving } = spec;
  const { authentication, rateLimit } = serving.access;
  const withKeys = authentication === 'ApiKey';
  return {
    name: 'serving',
    image: serving.image === '' ? release.servingImage : serving.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/app/serving/dist/main.js', 'pod'],
    env: [
      { name: servingEnvironment.artifact, value: servingMounts.artifact },
      { name: servingEnvironment.model, value: model },
      { name: servingEnvironment.authentication, value: authentication },
      ...(withKeys ? [{ name: servingEnvironment.apiKeys, value: servingMounts.apiKeys }] : []),
      { name: servingEnvironment.maxBatchSize, value: String(serving.maxBatchSize) },
      { name: servingEnvironment.requestTimeoutSeconds, value: String(serving.requestTimeoutSeconds) },
      ...limiting(rateLimit),
    ],
    ports: [
      { name: ports.http.name, containerPort: ports.http.number, protocol: 'TCP' },
      { name: ports.metrics.name, containerPort: ports.metrics.number, protocol: 'TCP' },
      { name: ports.peer.name, containerPort: ports.peer.number, protocol: 'TCP' },
    ],
    resources: serving.resources,
    startupProbe: probe('/health/live', { periodSeconds: 2, failureThreshold: 60 }),
    livenessProbe: probe('/health/live', { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe('/health/ready', { periodSeconds: 2, failureThreshold: 2 }),
    lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: restrictedContainer,
    volumeMounts: [
      { name: 'artifact', mountPath: servingMounts.artifact, readOnly: true },
      { name: 'pod', mountPath: servingMounts.pod, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...(withKeys ? [{ name: 'api-keys', mountPath: servingMounts.apiKeys, readOnly: true }] : []),
      { name: 'signing', mountPath: servingMounts.signing, readOnly: true },
    ],
  };
}

function probe(path: string, timing: { periodSeconds: number; failureThreshold: number }) {
  return { httpGet: { path, port: ports.metrics.name }, timeoutSeconds: 3, ...timing };
}

function volumes(model: string, spec: ChurnModelSpec): Readonly<Record<string, unknown>>[] {
  const podInfo = [annotationFile('retired', annotations.retired), annotationFile(ROUTING_FILE, annotations.routing)];
  const keys = { name: 'api-keys', secret: { secretName: apiKeysName(model), defaultMode: 0o440 } };
  // Optional: pods serve without the keys, and get them as soon as the Secret is there.
  const signing = { secretName: signingName(model), optional: true, defaultMode: 0o440 };
  return [
    { name: 'pod', downwardAPI: { items: podInfo } },
    { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
    ...(spec.serving.access.authentication === 'ApiKey' ? [keys] : []),
    { name: 'signing', secret: signing },
    ...storeAccess(spec.artifacts.s3).volumes,
  ];
}

/** A file that follows an annotation of the pod within about a second; empty while the pod has none. */
function annotationFile(path: string, annotation: string) {
  return { path, fieldRef: { fieldPath: `metadata.annotations['${annotation}']` } };
}
