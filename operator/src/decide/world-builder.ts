import { createHash } from 'node:crypto';
import { API_VERSION, ChurnModelSpec } from '@churnops/crds';
import type { ChurnModelRevisionStatus, ChurnModelStatus } from '@churnops/crds';
import { hashesOf, newRevision } from '../desired/revision.js';
import { revisionFrom } from '../observed-objects.js';
import type { Deployment, Job, Model, Pod, Release, Revision, World } from '../world.js';

/** The moment at which every built world is. */
export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const UID = '01234567-89ab-cdef-0123-456789abcdef';
export const SHA256 = createHash('sha256').update('manifest').digest('hex');

const release: Release = {
  trainerImage: 'churnops/trainer:0.1.0',
  servingImage: 'churnops/serving:0.1.0',
  operatorNamespace: 'churnops-system',
  scrapeNamespaces: ['monitoring'],
};

/** A model `telco` with the defaults; `spec` is merged over them at the top. */
export function model(spec: object = {}, status?: ChurnModelStatus): Model {
  const parsed = ChurnModelSpec.parse({ data: { uri: 's3://lake/telco.csv', label: 'churn' }, ...spec });
  const metadata = { name: 'telco', namespace: 'retention', uid: UID, resourceVersion: '1', generation: 1 };
  const object = { apiVersion: API_VERSION, kind: 'ChurnModel', metadata, spec: parsed };
  return { key: { namespace: 'retention', name: 'telco' }, uid: UID, generation: 1, spec: parsed, status, object };
}

/** The revision that this model asks for, with this number and recorded status. */
export function revision(of: Model, number = 1, status?: Partial<ChurnModelRevisionStatus>): Revision {
  const desired = newRevision(of, release, { number, reuseArtifactOf: undefined });
  const metadata = { ...desired.metadata, uid: `uid-${number}`, resourceVersion: '1', generation: 1 };
  const times = { creationTimestamp: '2026-03-01T11:00:00Z', labels: {}, annotations: {}, ownerReferences: [] };
  const recorded = status === undefined ? {} : { status: { observedGeneration: 1, ...status } };
  return revisionFrom({ ...desired, metadata: { ...metadata, ...times }, ...recorded });
}

/** Status of a revision that passed its gates. */
export function good(number = 1): Partial<ChurnModelRevisionStatus> {
  return {
    stage: 'Trained',
    artifact: { configMap: artifactOf(number), sha256: SHA256 },
    metrics: { RocAUC: '0.8400', LogLoss: '0.4140' },
    threshold: '0.3117',
    training: { attempt: 1, job: `telco-${number}-train`, completionTime: '2026-03-01T11:10:00.000Z' },
    conditions: [trainedCondition('True', 'GatesPassed')],
  };
}

/** Status of a revision that serves. */
export function promoted(number = 1): Partial<ChurnModelRevisionStatus> {
  return { ...good(number), stage: 'Serving', promotedTime: '2026-03-01T11:20:00.000Z' };
}

/** Status of a revision whose training failed for a reason. */
export function failed(reason: string, completionTime = '2026-03-01T11:59:50.000Z'): Partial<ChurnModelRevisionStatus> {
  return {
    stage: 'Rejected',
    training: { attempt: 1, job: 'telco-1-train', completionTime, reason, message: `${reason} happened.` },
    conditions: [trainedCondition('False', 'JobFailed')],
  };
}

/** Status of a revision whose first attempt is under way. */
export const training: Partial<ChurnModelRevisionStatus> = {
  stage: 'Training',
  training: { attempt: 1, job: 'telco-1-train', startTime: '2026-03-01T11:59:00.000Z' },
};

/** Name of the artifact ConfigMap of the revision with this number. */
function artifactOf(number: number): string {
  return `telco-${number}-artifact-${UID.slice(0, 8)}`;
}

export function deployment(number = 1, differences: Partial<Deployment> = {}): Deployment {
  const counts = { wantedReplicas: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2 };
  const healthy = { observed: true, deadlineExceeded: false, podsRefused: '', terminating: false };
  const name = `telco-${number}`;
  return { name, uid: `deployment-${number}`, ...healthy, ...counts, ...differences };
}

export function job(differences: Partial<Job> = {}): Job {
  const failure = { failureReason: '', failureMessage: '', terminating: false };
  return { name: 'telco-1-train', uid: 'job-1', state: 'Running', hasTtl: false, ...failure, ...differences };
}

export function pod(differences: Partial<Pod> = {}): Pod {
  return {
    name: 'pod-1',
    uid: 'pod-uid-1',
    revision: undefined,
    job: undefined,
    createdTime: NOW,
    terminating: false,
    ready: false,
    retired: undefined,
    problem: undefined,
    ...differences,
  };
}

/** A world without any child; `differences` are what a case is about. */
export function world(differences: Partial<World> = {}): World {
  return {
    now: NOW,
    release,
    model: model(),
    revisions: [],
    jobs: [],
    deployments: [],
    pods: [],
    serviceRevision: undefined,
    configMaps: new Set([1, 2, 3].map(artifactOf)),
    artifact: undefined,
    sourceSecretExists: undefined,
    apiKey: { uid: 'key', sha256: SHA256 },
    apiKeys: { uid: 'keys', sha256: SHA256 },
    ...differences,
  };
}

/** A world in which revision 1 serves what the model asks for. */
export function servingWorld(differences: Partial<World> = {}): World {
  const served = { revisions: [revision(model(), 1, promoted())], deployments: [deployment()] };
  return world({ ...served, serviceRevision: 'telco-1', ...differences });
}

/** The hashes of a model with this spec. */
export function hashes(spec: object = {}) {
  return hashesOf(model(spec).spec);
}

function trainedCondition(status: 'True' | 'False', reason: string) {
  const time = { observedGeneration: 1, lastTransitionTime: '2026-03-01T11:10:00.000Z' };
  return { type: 'Trained', status, reason, message: `${reason}.`, ...time };
}
