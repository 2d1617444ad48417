import { API_VERSION } from '@churnops/crds';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from './kube-object.js';
import { type Playground, run } from './real-cluster.js';
import { repositoryRoot } from './repository-root.js';

/** The S3 server of `e2e/cluster/s3.yaml`, as pods reach it. */
const endpoint = 'http://s3.lake.svc:7070';

const BUCKET = 'cases';

/** Where an uploaded file is. The same in every namespace, so that what is made from it is the same too. */
export function uriOf(file: string): string {
  return `s3://${BUCKET}/${file}`;
}

/** Puts files into the cluster's S3 server, and its keys into the Secret `s3` of the namespace. */
export async function openLake(
  playground: Playground,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  const keys = await playground.cluster.get('/api/v1/namespaces/lake/secrets/s3');
  await playground.create('Secret', { metadata: { name: 's3' }, data: at(keys, 'data') });
  const folder = await mkdtemp(join(tmpdir(), 'churnops-lake-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
      await upload(join(folder, name), uriOf(name));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The way to the server goes through a port-forward, which may break on a busy machine: three tries. */
async function upload(file: string, uri: string, tries = 3): Promise<void> {
  const script = join(repositoryRoot(), 'e2e', 'cluster', 'upload.sh');
  const { code, stdout, stderr } = await run(script, [file, uri]);
  if (code === 0) return;
  if (tries === 1) throw new Error(`Could not upload ${uri}: ${stdout}${stderr}`);
  await upload(file, uri, tries - 1);
}

/**
 * A ChurnModel on an uploaded file, small enough for a busy test machine, soon trained, and of a size that no load changes. `data`
 * adds to or replaces fields of `spec.data`.
 */
export function lakeModel(name: string, file: string, data: object = {}) {
  return {
    apiVersion: API_VERSION,
    kind: 'ChurnModel',
    metadata: { name },
    spec: {
      data: { uri: uriOf(file), s3: { endpoint }, secretRef: { name: 's3' }, label: 'churn', ...data },
      training: {
        resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { memory: '2Gi' } },
        search: { maxTrials: 1 },
      },
      serving: { resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } } },
      autoscaling: { policy: 'None', replicas: 2 },
      // A canary takes minutes: the tests that are about one ask for it.
      rollout: { strategy: 'Immediate' },
    },
  };
}
