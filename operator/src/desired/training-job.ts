import { trainingEnvironment } from '@churnops/crds';
import { z } from 'zod';
import { readRevision } from '../revision-unreadable.js';
import { artifactName, jobName, trainerName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

const EnvironmentVariable = z.looseObject({ name: z.string(), value: z.string() });
const Container = z.looseObject({ env: z.array(EnvironmentVariable) });
const JobTemplate = z.looseObject({
  template: z.looseObject({
    spec: z.looseObject({ containers: z.array(Container), serviceAccountName: z.string().optional() }),
  }),
});

/** What a revision's training pods run as: the user's ServiceAccount, or undefined: one of ours. */
export function userAccountOf(revision: Revision): string | undefined {
  return rendered(revision).template.spec.serviceAccountName;
}

function rendered(revision: Revision) {
  return readRevision(revision.name, 'spec.jobTemplate', () =>
    JobTemplate.parse(JSON.parse(revision.spec.jobTemplate)),
  );
}

/** The Job of a revision's attempt (from 1): the revision's own template with names filled in. */
export function trainingJob(model: Model, revision: Revision, attempt: number): DesiredObject {
  const job = rendered(revision);
  const name = jobName(revision.name, attempt);
  const labels = childLabels(model.key.name, 'trainer', revision.name);
  const names = [
    { name: trainingEnvironment.configMap, value: artifactName(revision.name, model.uid) },
    { name: trainingEnvironment.namespace, value: model.key.namespace },
    { name: trainingEnvironment.job, value: name },
  ];
  const pod = job.template.spec;
  const containers = pod.containers.map((container) => ({ ...container, env: [...container.env, ...names] }));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: childMetadata(model, name, labels),
    spec: {
      ...job,
      template: {
        ...job.template,
        // Without the label of the revision: the Service selects by it.
        metadata: { labels: childLabels(model.key.name, 'trainer') },
        spec: { serviceAccountName: trainerName(revision.name), ...pod, containers },
      },
    },
  };
}
