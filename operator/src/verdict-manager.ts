import { annotations } from '@churnops/crds';
import { z } from 'zod';
import type { KubeObject } from './runtime/kube-object.js';

const Owned = z.looseObject({
  metadata: z.looseObject({
    managedFields: z.array(z.looseObject({ manager: z.string().default(''), fieldsV1: z.unknown() })).default([]),
  }),
});

const Fields = z.looseObject({
  'f:metadata': z.looseObject({ 'f:annotations': z.looseObject({ [`f:${annotations.verdict}`]: z.unknown() }) }),
});

/** The field manager that set the annotation `churnops.dev/verdict` of an object as the API server has it; undefined when none is named. */
export function verdictManager(object: KubeObject | undefined): string | undefined {
  const { managedFields } = Owned.parse(object ?? { metadata: {} }).metadata;
  const owner = managedFields.find(({ fieldsV1 }) => {
    const annotated = Fields.safeParse(fieldsV1).data?.['f:metadata']['f:annotations'];
    return annotated !== undefined && `f:${annotations.verdict}` in annotated;
  });
  return owner?.manager.slice(0, 128);
}
