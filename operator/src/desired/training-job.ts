import { artifactStoreEnvironment, trainingEnvironment } from '@churnops/crds';
import type { ArtifactReference } from '@churnops/crds';
import { z } from 'zod';
import { readRevision } from '../revision-unreadable.js';
import { artifactName, jobName, trainerName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { artifactFolder } from './artifact-store.js';
import type { PodParts } from './mounted-references.js';
import { childLabels, childMetadata } from './ownership.js';

const EnvironmentVariable = z.looseObject({ name: z.string(), value: z.string() });
const Named = z.looseObject({ name: z.string() });
const Container = z.looseObject({ env: z.array(EnvironmentVariable), volumeMounts: z.array(Named) });
const JobTemplate = z.looseObject({
  template: z.looseObject({
    spec: z.looseObject({
      containers: z.array(Container),
      volumes: z.array(Named),
      serviceAccountName: z.string().optional(),
    }),
  }),
});

const CURRENT_PATH = '/var/run/churnops/current';

/** What a revision's training pods run as: the user's ServiceAccount, or undefined: one of ours. */
export function userAccountOf(revision: Revision): string | undefined {
  return rendered(revision).template.spec.serviceAccountName;
}

function rendered(revision: Revision) {
  return readRevision(revision.name, 'spec.jobTemplate', () =>
    JobTemplate.parse(JSON.parse(revision.spec.jobTemplate)),
  );
}

/**
 * The Job of a revision's attempt (from 1): the revision's own template with names filled in. `current` is the artifact of the
 * revision that serves when the Job is made, for the gates that compare.
 */
export function trainingJob(
  model: Model,
  revision: Revision,
  attempt: number,
  current?: ArtifactReference,
): DesiredObject {
  const job = rendered(revision);
  const name = jobName(revision.name, attempt);
  const labels = childLabels(model.key.name, 'trainer', revision.name);
  const folder = artifactFolder(model, revision);
  const compared = comparison(current, folder);
  const names = [
    { name: trainingEnvironment.configMap, value: artifactName(revision.name, model.uid) },
    { name: trainingEnvironment.namespace, value: model.key.namespace },
    { name: trainingEnvironment.job, value: name },
    ...compared.env,
    ...(folder === undefined ? [] : [{ name: artifactStoreEnvironment.uri, value: folder }]),
  ];
  const pod = job.template.spec;
  const containers = pod.containers.map((container) => ({
    ...container,
    env: [...container.env, ...names],
    volumeMounts: [...container.volumeMounts, ...compared.volumeMounts],
  }));
  const volumes = [...pod.volumes, ...compared.volumes];
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
        spec: { serviceAccountName: trainerName(revision.name), ...pod, containers, volumes },
      },
    },
  };
}

/**
 * What lets a training pod read the artifact that it compares with; empty without one. `folder`: where its own goes, whose
 * neighbours it may read. In the ConfigMap of any other artifact in a bucket there is no graph, of which the trainer warns.
 */
function comparison(current: ArtifactReference | undefined, folder: string | undefined): PodParts {
  if (current === undefined) return { env: [], volumeMounts: [], volumes: [] };
  const { uri } = current;
  if (folder !== undefined && uri?.startsWith(folder.slice(0, folder.lastIndexOf('/') + 1)) === true)
    return { env: [{ name: trainingEnvironment.currentArtifactUri, value: uri }], volumeMounts: [], volumes: [] };
  return {
    env: [{ name: trainingEnvironment.currentArtifact, value: CURRENT_PATH }],
    volumeMounts: [{ name: 'current', mountPath: CURRENT_PATH, readOnly: true }],
    // Optional: of an artifact that was deleted the trainer warns, where a required one leaves the pod waiting for ever.
    volumes: [{ name: 'current', configMap: { name: current.configMap, optional: true } }],
  };
}
