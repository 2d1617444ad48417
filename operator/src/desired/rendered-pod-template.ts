import { z } from 'zod';
import { readRevision } from '../revision-unreadable.js';
import type { Revision } from '../world.js';

const Container = z.looseObject({ env: z.array(z.looseObject({ name: z.string(), value: z.string() })) });
const Volume = z.looseObject({
  name: z.string(),
  secret: z.looseObject({ secretName: z.string() }).optional(),
});
const Texts = z.record(z.string(), z.string()).default({});

const PodTemplate = z.looseObject({
  /** What the user adds. Absent when that is nothing, as in every revision of release 0.1.0. */
  metadata: z.strictObject({ labels: Texts, annotations: Texts }).prefault({}),
  spec: z.looseObject({
    containers: z.array(Container),
    /** Absent when the artifact is a ConfigMap. */
    initContainers: z.array(Container).optional(),
    volumes: z.array(Volume),
    /** Absent in revisions of release 0.1.0, whose pods run as `default`. */
    serviceAccountName: z.string().optional(),
  }),
});

/** The template of the serving pods that a revision carries. Throws `RevisionUnreadable`. */
export function renderedPodTemplate(revision: Revision): z.infer<typeof PodTemplate> {
  return readRevision(revision.name, 'spec.podTemplate', () =>
    PodTemplate.parse(JSON.parse(revision.spec.podTemplate)),
  );
}
