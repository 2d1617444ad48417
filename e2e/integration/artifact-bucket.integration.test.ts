import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type KubeObject, at, textAt } from '../harness/kube-object.js';
import { hastyClock } from '../harness/lab-clock.js';
import { OperatorLab } from '../harness/operator-lab.js';
import { goesWell } from '../harness/played-kubelet.js';
import { until } from '../harness/until.js';

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
});

afterAll(async () => {
  await lab.stop();
});

const removes = (pod: KubeObject) => JSON.stringify(pod['spec']).includes('"remove"');

describe('a model whose artifacts are in a bucket', () => {
  it('keeps a deleted revision until its Job has removed what it wrote', async () => {
    const story = await lab.story();
    const operator = await lab.startOperator({ namespace: story.namespace, clock: hastyClock() });
    const s3 = { bucket: 'models', endpoint: 'http://s3.lake.svc:7070', secretRef: { name: 'keys' } };
    story.direct({ training: (pod) => (removes(pod) ? { kind: 'hold' } : goesWell.training(pod)) });
    await story.begin({ artifacts: { s3 }, revisionHistoryLimit: 0 });
    await story.untilReady('telco-1');
    const artifact = at(await story.get('ChurnModelRevision', 'telco-1'), 'status', 'artifact');
    expect(textAt(artifact, 'uri')).toMatch(/^s3:\/\/models\/[^/]+\/telco-1-artifact-[0-9a-f]{8}\/[0-9a-f]{64}$/);

    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 2 } } });
    await story.untilReady('telco-2');
    await until(
      'the removal runs',
      async () => (await story.names('Job')).includes('telco-1-remove'),
      () => story.names('Job'),
    );
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1', 'telco-2']);

    story.direct(goesWell);
    await until(
      'the revision and its Job are gone',
      async () =>
        [...(await story.names('ChurnModelRevision')), ...(await story.names('Job'))].every(
          (name) => !name.startsWith('telco-1'),
        ),
      () => story.names('Job'),
    );
    await operator.stop();
  });
});
