import { annotations, servingEnvironment } from '@churnops/crds';
import type { ArtifactReference } from '@churnops/crds';
import { z } from 'zod';
import { readRevision } from '../revision-unreadable.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';
import { servingSelector } from './serving-service.js';

const Container = z.looseObject({ env: z.array(z.looseObject({ name: z.string(), value: z.string() })) });
const PodTemplate = z.looseObject({
  spec: z.looseObject({ containers: z.array(Container), volumes: z.array(z.looseObject({ name: z.string() })) }),
});

/** How long a Deployment may make no progress before its controller says so, in seconds. */
const PROGRESS_DEADLINE_SECONDS = 600;

/**
 * The Deployment of a revision, as it is applied: without replicas, which belong to the scale subresource. Applying once with
 * and then without them would reset it to one pod.
 */
export function servingDeployment(model: Model, revision: Revision, artifact: ArtifactReference): DesiredObject {
  const childLabelsOf = childLabels(model.key.name, 'serving', revision.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(model, revision.name, childLabelsOf),
    spec: {
      minReadySeconds: 0,
      progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
      revisionHistoryLimit: 1,
      selector: { matchLabels: servingSelector(revision.name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: childLabelsOf, annotations: { [annotations.artifactSha256]: artifact.sha256 } },
        ...completed(revision, artifact),
      },
    },
  };
}

/** The Deployment of a revision, as it is created. */
export function newServingDeployment(model: Model, revision: Revision, artifact: ArtifactReference): DesiredObject {
  const applied = servingDeployment(model, revision, artifact);
  const spec = z.looseObject({}).parse(applied['spec']);
  return { ...applied, spec: { ...spec, replicas: model.spec.autoscaling.replicas } };
}

function completed(revision: Revision, artifact: ArtifactReference) {
  const { spec } = readRevision(revision.name, 'spec.podTemplate', () =>
    PodTemplate.parse(JSON.parse(revision.spec.podTemplate)),
  );
  const identity = [
    { name: servingEnvironment.artifactSha256, value: artifact.sha256 },
    { name: servingEnvironment.revision, value: revision.name },
  ];
  const containers = spec.containers.map((container) => ({ ...container, env: [...container.env, ...identity] }));
  const volume = { name: 'artifact', configMap: { name: artifact.configMap } };
  return { spec: { ...spec, containers, volumes: [...spec.volumes, volume] } };
}
