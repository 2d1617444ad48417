import { labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiFailure } from '../harness/cluster-access.js';
import { at, conditionsOf, type KubeObject } from '../harness/kube-object.js';
import { kstatusOf } from '../harness/kstatus.js';
import { hastyClock } from '../harness/lab-clock.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { isReady } from '../harness/ready-model.js';
import { goesWell, revisionOf } from '../harness/played-kubelet.js';
import { until } from '../harness/until.js';

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
  await lab.startOperator();
});

afterAll(async () => {
  await lab.stop();
});

/** Pods that requests reach: ready ones of the revision that the Service selects. */
async function answering(story: Story): Promise<number> {
  const service = await story.get('Service', 'telco');
  const revision = at(service, 'spec', 'selector', labels.revision);
  return (await story.list('Pod')).filter((pod) => isReadyPod(pod) && revisionOf(pod) === revision).length;
}

function isReadyPod(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && conditionsOf(pod)['Ready']?.status === 'True';
}

/** Counts the pods that answer every 100 ms until it is stopped. Returns the counts. */
function watchAnswering(story: Story): () => Promise<number[]> {
  const counts: number[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      counts.push(await answering(story));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    stop.abort();
    await watching;
    return counts;
  };
}

/** What an autoscaler does. */
async function scale(story: Story, deployment: string, replicas: number): Promise<void> {
  await lab.cluster.patch(`${story.path('Deployment', deployment)}/scale`, { spec: { replicas } });
  await until(`${deployment} has ${replicas} ready pods`, async () => {
    return at(await story.get('Deployment', deployment), 'status', 'readyReplicas') === replicas;
  });
}

async function sizeOf(story: Story, deployment: string): Promise<unknown> {
  return at(await story.get('Deployment', deployment), 'spec', 'replicas');
}

async function targetOf(story: Story): Promise<unknown> {
  return at(await story.get('HorizontalPodAutoscaler', 'telco'), 'spec', 'scaleTargetRef', 'name');
}

async function budgetOf(story: Story): Promise<unknown> {
  return at(await story.get('PodDisruptionBudget', 'telco'), 'spec', 'selector', 'matchLabels', labels.revision);
}

async function guardsAreAt(story: Story, revision: string): Promise<void> {
  await until(
    `the autoscaler and the disruption budget are at ${revision}`,
    async () => (await targetOf(story)) === revision && (await budgetOf(story)) === revision,
    () => story.find('HorizontalPodAutoscaler', 'telco'),
  );
}

async function ready(spec: object = {}): Promise<Story> {
  const story = await lab.story();
  await story.begin(spec);
  await story.untilReady();
  return story;
}

describe('an autoscaled model', () => {
  it.each([
    ['that its autoscaler has not scaled yet', 2],
    ['that its autoscaler has scaled', 5],
  ])('%s hands over without ever having fewer pods', async (_, size) => {
    const story = await ready();
    await guardsAreAt(story, 'telco-1');
    const autoscaler = await story.get('HorizontalPodAutoscaler', 'telco');
    expect(at(autoscaler, 'spec')).toMatchObject({ minReplicas: 2, maxReplicas: 10 });
    await scale(story, 'telco-1', size);

    const stop = watchAnswering(story);
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
    const model = await story.untilReady('telco-2');
    await guardsAreAt(story, 'telco-2');
    expect(Math.min(...(await stop()))).toBeGreaterThanOrEqual(size);
    expect(await sizeOf(story, 'telco-2')).toBe(size);
    expect(at(model, 'status')).toMatchObject({ selector: `${labels.revision}=telco-2` });
    expect(story.flaws()).toEqual([]);
  });

  it('starts again with minReplicas when someone set it to 0, which switches autoscalers off', async () => {
    const story = await ready({ autoscaling: { minReplicas: 3 } });
    await guardsAreAt(story, 'telco-1');
    await lab.cluster.patch(`${story.path('Deployment', 'telco-1')}/scale`, { spec: { replicas: 0 } });
    await until('three pods answer again', async () => (await answering(story)) === 3);
    await story.untilReady();
  });

  it('changes hands between the operator, its user and another autoscaler', async () => {
    const story = await ready();
    await guardsAreAt(story, 'telco-1');
    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { policy: 'None', replicas: 3 } } });
    await until('the autoscaler is gone', async () => {
      return (await story.find('HorizontalPodAutoscaler', 'telco')) === undefined;
    });
    await until('it has three pods', async () => (await answering(story)) === 3);

    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { policy: 'External' } } });
    await lab.cluster.patch(`${story.path('ChurnModel', 'telco')}/scale`, { spec: { replicas: 4 } });
    await until('it has four pods', async () => (await answering(story)) === 4);

    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { policy: 'HorizontalPodAutoscaler' } } });
    await guardsAreAt(story, 'telco-1');
    await story.untilReady();
    expect(await sizeOf(story, 'telco-1')).toBe(4);
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1']);
    expect(story.flaws()).toEqual([]);
  });

  it('takes metrics and behavior as they are written, and its autoscaler comes back as it was', async () => {
    const metrics = [
      { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } } },
    ];
    const story = await ready({ autoscaling: { metrics, behavior: { scaleDown: { stabilizationWindowSeconds: 9 } } } });
    await guardsAreAt(story, 'telco-1');
    const before = await story.get('HorizontalPodAutoscaler', 'telco');
    expect(at(before, 'spec')).toMatchObject({ metrics, behavior: { scaleDown: { stabilizationWindowSeconds: 9 } } });
    await story.patch('HorizontalPodAutoscaler', 'telco', { spec: { maxReplicas: 50 } });
    await until('the edit is undone', async () => {
      return at(await story.get('HorizontalPodAutoscaler', 'telco'), 'spec', 'maxReplicas') === 10;
    });
    await story.remove('HorizontalPodAutoscaler', 'telco');
    await guardsAreAt(story, 'telco-1');
    expect(at(await story.get('HorizontalPodAutoscaler', 'telco'), 'spec')).toEqual(at(before, 'spec'));
  });

  it('serves although its metrics are invalid, and says what is wrong with them', async () => {
    const story = await lab.story();
    await story.begin({ autoscaling: { metrics: [{ type: 'Resource' }] } });
    const model = await story.untilModel('serves, and is Stalled', (seen) => {
      const { Available, Stalled } = conditionsOf(seen);
      return Available?.status === 'True' && Stalled?.reason === 'InvalidSpec' && isPromoted(seen);
    });
    expect(conditionsOf(model)['Ready']?.message).toContain('spec.metrics[0].resource');
    expect(at(model, 'status', 'lastFailure', 'message')).toContain('HorizontalPodAutoscaler');
    expect(kstatusOf(model)).toBe('Failed');
    await until('its disruption budget is there', () => story.find('PodDisruptionBudget', 'telco'));

    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { metrics: [] } } });
    await story.untilReady();
    expect(story.flaws()).toEqual([]);
  });

  it('leaves an autoscaler of its name that someone else made, and names it', async () => {
    const story = await lab.story();
    const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'mine' }, maxReplicas: 3 };
    const before = await story.create('HorizontalPodAutoscaler', { metadata: { name: 'telco' }, spec });
    await story.begin();
    const model = await story.untilModel('serves, and is Stalled', (seen) => {
      return conditionsOf(seen)['Stalled']?.reason === 'NameConflict' && isPromoted(seen);
    });
    expect(conditionsOf(model)['Stalled']?.message).toContain('HorizontalPodAutoscaler');
    expect(conditionsOf(model)['Available']?.status).toBe('True');
    const after = await story.get('HorizontalPodAutoscaler', 'telco');
    expect([after.metadata.uid, at(after, 'spec')]).toEqual([before.metadata.uid, at(before, 'spec')]);
    expect(story.flaws()).toEqual([]);
  });
});

function isPromoted(model: KubeObject): boolean {
  return conditionsOf(model)['Promoted']?.status === 'True';
}

describe('evictions', () => {
  async function evict(story: Story, pod: KubeObject): Promise<number> {
    const { name } = pod.metadata;
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: story.namespace } };
    try {
      await lab.cluster.call('POST', `${story.path('Pod', name)}/eviction`, eviction);
      return 201;
    } catch (error) {
      if (error instanceof ApiFailure) return error.status;
      throw error;
    }
  }

  /** Whether the played kubelet has done with a pod what it will do. */
  function isRunning(pod: KubeObject): boolean {
    return at(pod, 'status', 'phase') === 'Running';
  }

  async function podsOf(story: Story, revision: string): Promise<KubeObject[]> {
    return (await story.list('Pod')).filter((pod) => {
      const isServing = pod.metadata.ownerReferences?.[0]?.kind === 'ReplicaSet';
      return isServing && revisionOf(pod) === revision && pod.metadata.deletionTimestamp === undefined;
    });
  }

  it('take one healthy pod at a time, whatever a revision does that never gets ready', async () => {
    const story = await ready({ autoscaling: { minReplicas: 3 } });
    const first = await podsOf(story, 'telco-1');
    const healthy = new Set(first.map(({ metadata }) => metadata.name));
    story.direct({ serving: (pod) => ({ kind: healthy.has(pod.metadata.name) ? 'ready' : 'hold' }) });
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
    await until('the second revision has pods', async () => {
      return (await podsOf(story, 'telco-2')).filter(isRunning).length === 3;
    });
    await until('one pod may go', async () => {
      const budget = await story.get('PodDisruptionBudget', 'telco');
      return at(budget, 'status', 'disruptionsAllowed') === 1 && at(budget, 'status', 'currentHealthy') === 3;
    });

    const candidates = await podsOf(story, 'telco-2');
    for (const pod of candidates) expect(await evict(story, pod)).toBe(201);
    const [gone, kept] = first;
    expect(await evict(story, gone!)).toBe(201);
    // Its replacement is held: from now on one is missing.
    await until('no other healthy pod may go', async () => {
      return at(await story.get('PodDisruptionBudget', 'telco'), 'status', 'disruptionsAllowed') === 0;
    });
    expect(await evict(story, kept!)).toBe(429);
    // An eviction of a pod that is just changing is refused like one too many.
    const replacement = await until('a replacement runs', async () => {
      return (await podsOf(story, 'telco-1')).find((pod) => !healthy.has(pod.metadata.name) && isRunning(pod));
    });
    expect(await evict(story, replacement)).toBe(201);

    story.direct(goesWell);
    await story.untilReady('telco-2');
    await guardsAreAt(story, 'telco-2');
    expect(story.flaws()).toEqual([]);
  });
});

describe('a suspended model', () => {
  it('keeps the result of the training that ran, and serves it when it is resumed', async () => {
    const story = await lab.story();
    story.direct({ training: () => ({ kind: 'hold' }) });
    await story.begin();
    await story.untilCondition('Reconciling', 'True', 'Training');
    await story.patch('ChurnModel', 'telco', { spec: { suspend: true } });
    await story.untilCondition('Ready', 'False', 'Suspended');
    story.direct(goesWell);
    await until('the result is recorded', async () => {
      return conditionsOf(await story.get('ChurnModelRevision', 'telco-1'))['Trained']?.status === 'True';
    });
    const model = await story.untilModel('knows of the result', (seen) => {
      return conditionsOf(seen)['Trained']?.status === 'True';
    });
    expect(at(model, 'status', 'stage')).toBe('Suspended');
    expect(conditionsOf(model)).toMatchObject({
      Ready: { status: 'False', reason: 'Suspended' },
      Promoted: { status: 'False', reason: 'Suspended' },
    });
    expect(conditionsOf(model)['Reconciling']).toBeUndefined();
    expect(kstatusOf(model)).toBe('InProgress');
    expect(await story.names('Deployment')).toEqual([]);

    await story.patch('ChurnModel', 'telco', { spec: { suspend: false } });
    await story.untilReady();
    expect(await story.names('Job')).toEqual(['telco-1-train']);
    expect(story.flaws()).toEqual([]);
  });

  it('goes on serving, scaling and mending, but moves to nothing new until it is resumed', async () => {
    const story = await ready({ autoscaling: { policy: 'None', replicas: 2 } });
    await story.patch('ChurnModel', 'telco', { spec: { suspend: true } });
    const suspended = await story.untilModel('is suspended', (model) => at(model, 'status', 'stage') === 'Suspended');
    expect(isReady(suspended, 'telco-1')).toBe(true);

    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 }, autoscaling: { replicas: 3 } } });
    const model = await story.untilCondition('Ready', 'False', 'Suspended');
    expect(conditionsOf(model)['Available']?.status).toBe('True');
    await until('it has three pods', async () => (await answering(story)) === 3);
    await story.remove('Service', 'telco');
    await until('its Service is there again', () => story.find('Service', 'telco'));
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1']);

    await story.patch('ChurnModel', 'telco', { spec: { suspend: false } });
    await story.untilReady('telco-2');
    expect(story.flaws()).toEqual([]);
  });
});

describe('a quota', () => {
  // The operator looks for room every 30 s: here it is a second.
  beforeAll(async () => {
    await lab.stopOperators();
    await lab.startOperator({ clock: hastyClock() });
  });

  const limit = (story: Story, hard: object) =>
    story.create('ResourceQuota', { metadata: { name: 'small' }, spec: { hard } });

  /** Waits until the quota is enforced: admission goes by its status. */
  async function limited(hard: object): Promise<Story> {
    const story = await lab.story();
    await limit(story, hard);
    await until('the quota counts', async () => {
      return at(await story.get('ResourceQuota', 'small'), 'status', 'hard') !== undefined;
    });
    return story;
  }

  it('that refuses the training pod is named, and training begins when it has room', async () => {
    const story = await limited({ pods: '0' });
    await story.begin();
    const model = await story.untilCondition('Stalled', 'True', 'QuotaExceeded');
    expect(conditionsOf(model)['Stalled']?.message).toMatch(
      /Job telco-1-train can not make its pods: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0/,
    );
    expect(kstatusOf(model)).toBe('Failed');
    expect(at(model, 'status', 'lastFailure')).toMatchObject({ component: 'Training', reason: 'QuotaExceeded' });
    await story.patch('ResourceQuota', 'small', { spec: { hard: { pods: '10' } } });
    await story.untilReady();
    expect(await story.names('Job')).toEqual(['telco-1-train']);
    expect(story.flaws()).toEqual([]);
  });

  it('that refuses serving pods is named, and they come when it has room', async () => {
    const story = await limited({ pods: '1' });
    await story.begin();
    const model = await story.untilCondition('Stalled', 'True', 'QuotaExceeded');
    expect(conditionsOf(model)['Stalled']?.message).toContain(
      'Deployment telco-1 can not make its pods: exceeded quota',
    );
    await story.untilModel('answers', (seen) => conditionsOf(seen)['Available']?.status === 'True');
    await story.patch('ResourceQuota', 'small', { spec: { hard: { pods: '10' } } });
    await story.untilReady();
    expect(story.flaws()).toEqual([]);
  });

  it('that refuses an object is named, what serves goes on, and so does the rest when it has room', async () => {
    const story = await limited({ 'count/deployments.apps': '1' });
    await story.begin();
    await story.untilReady();
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
    const model = await story.untilCondition('Stalled', 'True', 'QuotaExceeded');
    expect(conditionsOf(model)['Stalled']?.message).toContain('exceeded quota: small');
    expect(conditionsOf(model)['Available']?.status).toBe('True');
    await story.patch('ResourceQuota', 'small', { spec: { hard: { 'count/deployments.apps': '2' } } });
    await story.untilReady('telco-2');
    expect(story.flaws()).toEqual([]);
  });
});
