import { annotations, labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { at, collectionOf, conditionsOf, type KubeObject } from '../harness/kube-object.js';
import { kstatusOf } from '../harness/kstatus.js';
import { expectKeysToMatch } from '../harness/matching-keys.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { isReady } from '../harness/ready-model.js';
import { goesWell, revisionOf, type TrainingPlay } from '../harness/played-kubelet.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

let lab: OperatorLab;
/** A training that never ends: its 30 s, the least that a spec may say, pass while the other tests run. */
let overdue: Story;

beforeAll(async () => {
  lab = await OperatorLab.start();
  await lab.startOperator();
  overdue = await lab.story();
  overdue.direct(failsWith({ kind: 'hold' }));
  await overdue.begin({ training: { activeDeadlineSeconds: 30 } });
});

afterAll(async () => {
  await lab.stop();
});

function selectedRevision(service: KubeObject | undefined): unknown {
  return at(service, 'spec', 'selector', labels.revision);
}

function availableEver(story: Story): string[] {
  return story.history().map((model) => conditionsOf(model)['Available']?.status ?? 'absent');
}

function failsWith(play: TrainingPlay) {
  return { training: () => play };
}

describe('a new ChurnModel', () => {
  it('is trained and served, and every status on the way reads rightly', async () => {
    const story = await lab.story();
    await story.begin();
    const model = await story.untilReady();

    expect(kstatusOf(model)).toBe('Current');
    expect(at(model, 'status')).toMatchObject({
      stage: 'Serving',
      url: `http://telco.${story.namespace}.svc:8080`,
      lastRevisionNumber: 1,
      replicas: 2,
      selector: `${labels.revision}=telco-1`,
      current: { revision: 'telco-1', readyReplicas: 2 },
      quality: { rocAuc: '0.8431', threshold: '0.3117' },
    });
    expect(conditionsOf(model)).toMatchObject({
      Ready: { status: 'True', reason: 'Reconciled' },
      Available: { status: 'True', reason: 'MinimumReplicasAvailable' },
      Trained: { status: 'True', reason: 'GatesPassed' },
      Promoted: { status: 'True', reason: 'ReadyAtFullSize' },
    });
    expect(selectedRevision(await story.get('Service', 'telco'))).toBe('telco-1');
    expect(story.flaws()).toEqual([]);
    expect(story.history().length).toBeGreaterThan(1);
  });

  it('owns all that was made for it', async () => {
    const story = await lab.story();
    await story.begin();
    const model = await story.untilReady();
    const kinds = ['ChurnModelRevision', 'Job', 'Deployment', 'Service', 'Secret'] as const;
    for (const kind of kinds) {
      const children = await story.list(kind);
      expect(children.length).toBeGreaterThan(0);
      for (const { metadata } of children) {
        const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
        expect([kind, metadata.name, owner?.uid]).toEqual([kind, metadata.name, model.metadata.uid]);
      }
    }
    const configMaps = (await story.names('ConfigMap')).filter((name) => name !== 'kube-root-ca.crt');
    expect(configMaps).toEqual([`telco-1-artifact-${(model.metadata.uid ?? '').slice(0, 8)}`]);
  });

  it('lets its training pod change nothing but its own artifact', async () => {
    const story = await lab.story();
    story.direct(failsWith({ kind: 'hold' }));
    await story.begin();
    const role = await until('the Role is there', () => story.find('Role', 'telco-1-train'));
    const { metadata } = await story.get('ChurnModel', 'telco');
    expect(at(role, 'rules')).toEqual([
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: [`telco-1-artifact-${(metadata.uid ?? '').slice(0, 8)}`],
        verbs: ['get', 'patch'],
      },
    ]);
  });

  it('gives out one key whose hash the pods know', async () => {
    const story = await lab.story();
    await story.begin();
    await story.untilReady();
    await expectKeysToMatch(story);
  });

  it('shows what matters in the columns of kubectl get', async () => {
    const story = await lab.story();
    await story.begin();
    await story.untilReady();
    const { stdout } = await promisify(execFile)(join(repositoryRoot(), '.cache', 'bin', 'kubectl'), [
      `--kubeconfig=${lab.controlPlane.kubeconfig}`,
      `--cache-dir=${lab.controlPlane.folder}/kubectl`,
      `--namespace=${story.namespace}`,
      'get',
      'churn',
    ]);
    const [header = '', row = ''] = stdout.split('\n');
    expect(header).toMatch(/^NAME +READY +STAGE +REVISION .*AUC .*AGE *$/);
    expect(row).toMatch(/^telco +True +Serving +telco-1 .*0\.8431/);
  });

  it('reports that it trains, and is not Ready, for as long as training runs', async () => {
    const story = await lab.story();
    story.direct(failsWith({ kind: 'hold' }));
    await story.begin();
    const model = await story.untilCondition('Reconciling', 'True', 'Training');
    expect(conditionsOf(model)['Ready']).toMatchObject({ status: 'False', reason: 'Training' });
    expect(kstatusOf(model)).toBe('InProgress');
    story.direct(goesWell);
    await story.untilReady();
    expect(story.flaws()).toEqual([]);
  });

  it('serves anyone when its access is None, and makes no API key for it', async () => {
    const story = await lab.story();
    await story.begin({ serving: { access: { authentication: 'None' } } });
    await story.untilReady();
    expect(await story.names('Secret')).toEqual(['telco-signing']);
  });
});

describe('a changed ChurnModel', () => {
  it('moves to the second revision when all its replicas are ready, and lets the first go after 60 s', async () => {
    const story = await lab.story();
    await story.begin();
    await story.untilReady();

    let readyPods = new Set<string>();
    story.direct({
      serving: (pod) =>
        revisionOf(pod) === 'telco-1' || readyPods.has(pod.metadata.name) ? { kind: 'ready' } : { kind: 'hold' },
    });
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
    const second = await until('the second revision has two pods', async () => {
      const pods = (await story.list('Pod')).filter((pod) => revisionOf(pod) === 'telco-2' && isServing(pod));
      return pods.length === 2 && pods;
    });

    readyPods = new Set([second[0]!.metadata.name]);
    story.direct({});
    await until('one of them is ready', async () => {
      return at(await story.get('Deployment', 'telco-2'), 'status', 'readyReplicas') === 1;
    });
    await story.poke();
    const held = await story.untilModel(
      'knows of it',
      (model) => at(model, 'status', 'candidate', 'readyReplicas') === 1,
    );
    expect(conditionsOf(held)).toMatchObject({ Available: { status: 'True' }, Ready: { status: 'False' } });
    expect(selectedRevision(await story.get('Service', 'telco'))).toBe('telco-1');
    expect(await story.names('Deployment')).toEqual(['telco-1', 'telco-2']);

    lab.clock.stop();
    story.direct(goesWell);
    await story.untilReady('telco-2');
    expect(selectedRevision(await story.get('Service', 'telco'))).toBe('telco-2');
    await until('the old pods know that they are retired', async () => {
      const old = (await story.list('Pod')).filter((pod) => revisionOf(pod) === 'telco-1' && isServing(pod));
      return old.length === 2 && old.every((pod) => pod.metadata.annotations?.[annotations.retired] !== undefined);
    });
    expect(await story.names('Deployment')).toEqual(['telco-1', 'telco-2']);

    lab.clock.advance(61_000);
    await story.poke();
    await until('the old Deployment is gone', async () => (await story.names('Deployment')).join() === 'telco-2');
    await until('its pods are gone', async () => {
      return (await story.list('Pod')).every((pod) => revisionOf(pod) !== 'telco-1' || !isServing(pod));
    });
    const states = availableEver(story);
    expect(new Set(states.slice(states.indexOf('True')))).toEqual(new Set(['True']));
    expect(story.flaws()).toEqual([]);
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1', 'telco-2']);
  });

  it.each<[string, TrainingPlay, string, string]>([
    [
      'the data of the new one is bad',
      { kind: 'fail', exitCode: 2, message: { reason: 'DataInvalid', message: 'Column left is not there' } },
      'DataInvalid',
      'Column left is not there',
    ],
    [
      'a gate refuses the new one',
      { kind: 'succeed', failedGates: ['LogLoss changes by 0.0480 from 0.4132'] },
      'GateFailed',
      'LogLoss changes by 0.0480 from 0.4132',
    ],
    [
      'the graph of the new one is wrong',
      {
        kind: 'fail',
        exitCode: 1,
        message: { reason: 'TrainingFailed', message: 'The exported model does not answer' },
      },
      'TrainingFailed',
      'The exported model does not answer',
    ],
  ])('keeps serving the old revision when %s, and says why', async (_, play, reason, words) => {
    const story = await lab.story();
    await story.begin({ training: { backoffLimit: 0 } });
    await story.untilReady();
    story.direct(failsWith(play));
    await story.patch('ChurnModel', 'telco', { spec: { data: { label: 'left' } } });
    const model = await story.untilCondition('Stalled', 'True', reason);
    expect(conditionsOf(model)).toMatchObject({
      Ready: { status: 'False', message: expect.stringContaining(words) },
      Available: { status: 'True' },
      Trained: { status: 'False' },
    });
    expect(at(model, 'status', 'current', 'revision')).toBe('telco-1');
    expect(selectedRevision(await story.get('Service', 'telco'))).toBe('telco-1');

    story.direct(goesWell);
    await story.patch('ChurnModel', 'telco', { spec: { data: { label: 'churn' } } });
    await story.untilModel('is Ready again', (again) => {
      const current = at(again, 'status', 'current', 'revision');
      return typeof current === 'string' && isReady(again, current);
    });
    expect(story.flaws()).toEqual([]);
  });

  it('tells of a leak that its table was refused for, until a training finds none', async () => {
    const story = await lab.story();
    const clean: TrainingPlay = { kind: 'succeed', findings: [] };
    story.direct(failsWith(clean));
    await story.begin({ training: { leakPolicy: 'Reject' } });
    expect(conditionsOf(await story.untilReady())['DataHealthy']?.status).toBe('True');

    const message =
      'Column "state" (ROC AUC 0.9980, lower 95 % bound 0.9971) gives the label away, and leakPolicy is Reject: ' +
      'list what is filled only when a customer has left in excludeColumns, or set leakPolicy to Keep.';
    const refusal = { reason: 'DataInvalid', message, finding: 'LeakingColumn' } as const;
    story.direct(failsWith({ kind: 'fail', exitCode: 2, message: refusal }));
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
    const refused = await story.untilCondition('DataHealthy', 'False', 'LeakingColumn');
    expect(conditionsOf(refused)['DataHealthy']?.message).toBe(`Revision telco-2: ${message}`);
    expect(conditionsOf(refused)).toMatchObject({ Available: { status: 'True' }, Stalled: { reason: 'DataInvalid' } });
    expect(selectedRevision(await story.get('Service', 'telco'))).toBe('telco-1');

    story.direct(failsWith(clean));
    await story.patch('ChurnModel', 'telco', { spec: { data: { excludeColumns: ['state'] } } });
    const mended = conditionsOf(await story.untilReady('telco-3'));
    expect(mended['DataHealthy']).toMatchObject({ status: 'True', reason: 'NoProblemFound' });
    expect(story.flaws()).toEqual([]);
  });

  it('trains nothing when only its serving changed', async () => {
    const story = await lab.story();
    await story.begin();
    const before = await story.untilReady();
    await story.patch('ChurnModel', 'telco', { spec: { serving: { maxBatchSize: 7 } } });
    const after = await story.untilReady('telco-2');
    expect(at(after, 'status', 'current', 'artifactSha256')).toBe(at(before, 'status', 'current', 'artifactSha256'));
    expect(await story.names('Job')).toEqual(['telco-1-train']);
    const revision = await story.get('ChurnModelRevision', 'telco-2');
    expect(at(revision, 'spec', 'reuseArtifactOf')).toBe('telco-1');
    expect(story.flaws()).toEqual([]);
  });

  it('changes its number of pods through kubectl scale without a new revision', async () => {
    const story = await lab.story();
    await story.begin({ autoscaling: { policy: 'External' } });
    await story.untilReady();
    await lab.cluster.patch(`${story.path('ChurnModel', 'telco')}/scale`, { spec: { replicas: 3 } });
    await story.untilModel('serves with three', (model) => {
      return isReady(model, 'telco-1') && at(model, 'status', 'current', 'readyReplicas') === 3;
    });
    expect(at(await story.get('Deployment', 'telco-1'), 'spec', 'replicas')).toBe(3);
    const scale = await lab.cluster.get(`${story.path('ChurnModel', 'telco')}/scale`);
    expect(at(scale, 'status')).toMatchObject({ replicas: 3, selector: `${labels.revision}=telco-1` });
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1']);
  });
});

function isServing(pod: KubeObject): boolean {
  return pod.metadata.ownerReferences?.[0]?.kind === 'ReplicaSet';
}

describe('bad input', () => {
  const stalls: [string, TrainingPlay, string, string][] = [
    [
      'a table without the label column',
      {
        kind: 'fail',
        exitCode: 2,
        message: { reason: 'DataInvalid', message: 'Column "churned" is not in telco.csv' },
      },
      'DataInvalid',
      'Column "churned"',
    ],
    [
      'a model too large for the cluster',
      { kind: 'fail', exitCode: 2, message: { reason: 'ArtifactTooLarge', message: 'The artifact takes 2 MB' } },
      'ArtifactTooLarge',
      '2 MB',
    ],
    [
      'a model that fails a gate',
      { kind: 'succeed', rocAuc: '0.5500', failedGates: ['RocAUC 0.55 is below minValue 0.60'] },
      'GateFailed',
      'RocAUC 0.55 is below minValue 0.60',
    ],
    ['a trainer that keeps dying', { kind: 'fail', exitCode: 1, message: 'segmentation fault' }, 'TrainingFailed', ''],
  ];

  it.each(stalls)('%s stalls with the reason, and is not tried again', async (_, play, reason, words) => {
    const story = await lab.story();
    story.direct(failsWith(play));
    await story.begin({ training: { backoffLimit: 0 } });
    const model = await story.untilCondition('Stalled', 'True', reason);
    expect(kstatusOf(model)).toBe('Failed');
    expect(conditionsOf(model)['Ready']?.status).toBe('False');
    expect(conditionsOf(model)['Ready']?.message).toContain(words);
    expect(conditionsOf(model)['Trained']?.status).toBe('False');
    expect(at(model, 'status', 'lastFailure')).toMatchObject({ component: 'Training', revision: 'telco-1' });
    expect(await story.names('Deployment')).toEqual([]);
    expect(await story.names('Job')).toEqual(['telco-1-train']);
    expect(story.flaws()).toEqual([]);
  });

  it('data that cannot be reached is tried again in the same revision until it can', async () => {
    const story = await lab.story();
    story.direct(
      failsWith({
        kind: 'fail',
        exitCode: 3,
        message: { reason: 'DataUnreachable', message: 'http://s3:7070 refused' },
      }),
    );
    await story.begin();
    const model = await story.untilModel(
      'says so',
      (seen) => conditionsOf(seen)['Ready']?.reason === 'DataUnreachable',
    );
    expect(conditionsOf(model)['Ready']?.message).toContain('http://s3:7070 refused');
    expect(conditionsOf(model)['Stalled']).toBeUndefined();
    story.direct(goesWell);
    lab.clock.advance(31_000);
    await story.poke();
    await story.untilReady('telco-1');
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1']);
    expect(story.flaws()).toEqual([]);
  });

  it('a missing Secret is named, and training starts when it is there', async () => {
    const story = await lab.story();
    await story.begin({ data: { uri: 's3://lake/telco.csv', label: 'churn', secretRef: { name: 'lake' } } });
    const model = await story.untilCondition('Ready', 'False', 'SecretNotFound');
    expect(conditionsOf(model)['Ready']?.message).toContain('lake');
    await story.create('Secret', {
      metadata: { name: 'lake' },
      stringData: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    });
    await story.poke();
    await story.untilReady();
    expect(story.flaws()).toEqual([]);
  });

  it('an image that cannot be pulled is named for as long as that is so', async () => {
    const story = await lab.story();
    story.direct(
      failsWith({ kind: 'waiting', reason: 'ImagePullBackOff', message: 'Back-off pulling image "nowhere/trainer:9"' }),
    );
    await story.begin();
    const model = await story.untilModel('names the image', (seen) => {
      return JSON.stringify(at(seen, 'status') ?? {}).includes('nowhere/trainer:9');
    });
    expect(conditionsOf(model)['Ready']?.status).toBe('False');
    story.direct(goesWell);
    await story.untilReady();
  });

  it('a training that takes longer than it may is ended and says so', async () => {
    const model = await overdue.untilModel('has Trained=False (DeadlineExceeded)', (seen) => {
      return conditionsOf(seen)['Trained']?.reason === 'DeadlineExceeded';
    });
    expect(conditionsOf(model)).toMatchObject({
      Stalled: { status: 'True', reason: 'TrainingFailed' },
      Trained: { status: 'False' },
    });
  });
});

describe('a child whose name is taken', () => {
  const foreign = {
    Service: { metadata: { name: 'telco' }, spec: { ports: [{ port: 80 }], selector: { app: 'mine' } } },
    Deployment: {
      metadata: { name: 'telco-1' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'mine' } },
        template: { metadata: { labels: { app: 'mine' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
      },
    },
  };

  it.each(['Service', 'Deployment'] as const)('a foreign %s is untouched and named until it is gone', async (kind) => {
    const story = await lab.story();
    const before = await story.create(kind, foreign[kind]);
    await story.begin();
    const model = await story.untilCondition('Stalled', 'True', 'NameConflict');
    expect(conditionsOf(model)['Stalled']?.message).toContain(`${kind} ${story.namespace}/${before.metadata.name}`);
    const after = await story.get(kind, before.metadata.name);
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.ownerReferences).toBeUndefined();
    expect(at(after, 'spec')).toEqual(at(before, 'spec'));
    await story.remove(kind, before.metadata.name);
    // What is not ours is not watched: the operator sees it when it looks at the model, at the latest after a minute.
    await story.poke();
    await story.untilReady();
    expect(story.flaws()).toEqual([]);
  });
});

describe('deletion', () => {
  it('leaves nothing of a deleted model behind', async () => {
    const story = await lab.story();
    await story.begin();
    await story.untilReady();
    await story.remove('ChurnModel', 'telco');
    const kinds = [
      'ChurnModelRevision',
      'Deployment',
      'ReplicaSet',
      'Pod',
      'Service',
      'Job',
      'Secret',
      'Role',
      'RoleBinding',
      'NetworkPolicy',
    ] as const;
    for (const kind of kinds) {
      await until(
        `there is no ${kind} left`,
        async () => (await story.list(kind)).length === 0,
        () => story.names(kind),
      );
    }
    const left = async () => [...(await story.names('ConfigMap')), ...(await story.names('ServiceAccount'))];
    await until(
      'only what the namespace came with is left',
      async () => (await left()).join() === 'kube-root-ca.crt,default',
      left,
    );
  });

  it('of a namespace ends also when no operator runs', async () => {
    const story = await lab.story();
    await story.begin();
    await story.untilReady();
    await lab.stopOperators();
    try {
      const path = `${collectionOf('Namespace')}/${story.namespace}`;
      await lab.cluster.remove(path);
      await until(
        'the namespace is gone',
        async () => (await lab.cluster.find(path)) === undefined,
        () => lab.cluster.find(path),
      );
    } finally {
      await lab.startOperator();
    }
  });
});
