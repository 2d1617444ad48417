import { createClusterClient, type DesiredObject, loadKubeConfig, type ResourceKind } from '@churnops/operator';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { repositoryRoot } from './repository-root.js';
import { until } from './until.js';

const crdKind: ResourceKind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

const Crd = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
}) satisfies z.ZodType<DesiredObject>;
const Conditions = z.looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })) });

/** Applies the committed CRDs, or those of another folder, and waits until the API server serves them. */
export async function applyCrds(
  plane: { readonly kubeconfig: string },
  folder = join(repositoryRoot(), 'crds'),
): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.startsWith('churnops.dev_') && name.endsWith('.yaml'));
  const cluster = await createClusterClient(loadKubeConfig(plane.kubeconfig));
  try {
    for (const file of files) {
      const crd = Crd.parse(parse(await readFile(join(folder, file), 'utf8')));
      await cluster.apply(crdKind, crd, { fieldManager: 'e2e', force: true });
      await until(`${crd.metadata.name} is established`, async () => {
        const live = await cluster.get(crdKind, { namespace: '', name: crd.metadata.name });
        const conditions = Conditions.safeParse(live?.['status']).data?.conditions ?? [];
        return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
      });
    }
  } finally {
    await cluster.close();
  }
}
