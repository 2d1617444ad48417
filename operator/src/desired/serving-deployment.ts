import { annotations, artifactStoreEnvironment, servingEnvironment } from '@churnops/crds';
import type { ArtifactReference } from '@churnops/crds';
import { z } from 'zod';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';
import { renderedPodTemplate } from './rendered-pod-template.js';
import { servingSelector } from './serving-service.js';

/** How long a Deployment may make no progress before its controller says so, in seconds. */
const PROGRESS_DEADLINE_SECONDS = 600;

/**
 * The Deployment of a revision, as it is applied: without replicas, which belong to the scale subresource. Applying once with
 * and then without them would reset it to one pod.
 */
export function servingDeployment(model: Model, revision: Revision, artifact: ArtifactReference): DesiredObject {
  const labels = childLabels(model.key.name, 'serving', revision.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(model, revision.name, labels),
    spec: {
      minReadySeconds: 0,
      progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
      revisionHistoryLimit: 1,
      selector: { matchLabels: servingSelector(revision.name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: completed(model, revision, artifact),
    },
  };
}

/** The Deployment of a revision, from `servingDeployment`, as it is created: with its first size. */
export function newServingDeployment(applied: DesiredObject, replicas: number): DesiredObject {
  const spec = z.looseObject({}).parse(applied['spec']);
  return { ...applied, spec: { ...spec, replicas } };
}

/** The revision's own template with what depends on its name and artifact. Labels and annotations of the user never win. */
function completed(model: Model, revision: Revision, artifact: ArtifactReference) {
  const { metadata, spec } = renderedPodTemplate(revision);
  const identity = [
    { name: servingEnvironment.artifactSha256, value: artifact.sha256 },
    { name: servingEnvironment.revision, value: revision.name },
  ];
  const containers = spec.containers.map((container) => ({ ...container, env: [...container.env, ...identity] }));
  const place = { name: artifactStoreEnvironment.uri, value: artifact.uri ?? '' };
  const initContainers = spec.initContainers?.map((container) => ({
    ...container,
    env: [...container.env, place, ...identity],
  }));
  const source = artifact.uri === undefined ? { configMap: { name: artifact.configMap } } : { emptyDir: {} };
  return {
    metadata: {
      labels: { ...metadata.labels, ...childLabels(model.key.name, 'serving', revision.name) },
      annotations: { ...metadata.annotations, [annotations.artifactSha256]: artifact.sha256 },
    },
    spec: {
      ...spec,
      ...(initContainers === undefined ? {} : { initContainers }),
      containers,
      volumes: [...spec.volumes, { name: 'artifact', ...source }],
    },
  };
}
