import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { at } from '../harness/kube-object.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

let lab: OperatorLab;
let folder: string;

beforeAll(async () => {
  lab = await OperatorLab.start();
  folder = await mkdtemp(join(tmpdir(), 'churnops-backup-'));
});

afterAll(async () => {
  await lab.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a script of `integrations/backup` as docs/backup.md says. */
function run(script: 'export.sh' | 'restore.sh', namespace: string, files: string) {
  const kubectl = join(repositoryRoot(), '.cache/bin');
  return promisify(execFile)(join(repositoryRoot(), 'integrations/backup', script), [namespace, files], {
    env: {
      PATH: [kubectl, process.env['PATH']].join(delimiter),
      KUBECONFIG: lab.controlPlane.kubeconfig,
      HOME: folder,
    },
  });
}

const ours = ['ChurnModel', 'ChurnModelRevision', 'ConfigMap', 'Secret', 'Deployment', 'Service'] as const;

/** What serves, and would be lost for good with the cluster. */
async function belongings(story: Story) {
  const [model, revisions, key, keys] = await Promise.all([
    story.get('ChurnModel', 'telco'),
    story.list('ChurnModelRevision'),
    story.get('Secret', 'telco-api-key'),
    story.get('Secret', 'telco-api-keys'),
  ]);
  return {
    spec: at(model, 'spec'),
    current: [at(model, 'status', 'current', 'revision'), at(model, 'status', 'current', 'artifactSha256')],
    quality: at(model, 'status', 'quality'),
    revisions: revisions.map((revision) => [revision.metadata.name, at(revision, 'spec'), at(revision, 'status')]),
    secrets: [at(key, 'data'), at(keys, 'data')],
  };
}

async function uproot(story: Story): Promise<void> {
  await story.remove('ChurnModel', 'telco');
  for (const kind of ours) {
    await until(`no ${kind} is left`, async () => {
      const names = await story.names(kind);
      return names.every((name) => name === 'kube-root-ca.crt');
    });
  }
}

describe('a namespace that was exported, lost and restored', () => {
  it('serves the same artifact with the same key, without training again', async () => {
    const story = await lab.story();
    const before = await lab.startOperator();
    await story.begin();
    await story.untilReady('telco-1');
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
    await story.untilReady('telco-2');
    await until('telco-1 is retired', async () => {
      const status = at(await story.get('ChurnModelRevision', 'telco-1'), 'status');
      return at(status, 'retiredTime') !== undefined;
    });
    const kept = await belongings(story);
    await run('export.sh', story.namespace, join(folder, 'good'));
    await uproot(story);
    await before.stop();

    await run('restore.sh', story.namespace, join(folder, 'good'));
    await lab.startOperator({ lease: 'after-the-restore' });
    await story.untilReady('telco-2');

    expect(await belongings(story)).toEqual(kept);
    expect(await story.names('Job')).toEqual([]);
    expect(story.flaws()).toEqual([]);
  });

  it('is not mixed with models that are there', async () => {
    const story = await lab.story();
    await story.begin({ suspend: true });
    await run('export.sh', story.namespace, join(folder, 'second'));
    expect(await readdir(join(folder, 'second'))).toContain('models.json');
    await expect(run('restore.sh', story.namespace, join(folder, 'second'))).rejects.toThrow('nothing was restored');
  });

  it('may hold nothing at all', async () => {
    const story = await lab.story();
    await run('export.sh', story.namespace, join(folder, 'empty'));
    await run('restore.sh', story.namespace, join(folder, 'empty'));
    expect(await story.names('ChurnModel')).toEqual([]);
  });
});
