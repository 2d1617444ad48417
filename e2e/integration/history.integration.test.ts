import { annotations, artifactKeys, HISTORY_KEY, HistoryEntry } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Death } from '../faults/crashing-client.js';
import { long } from '../harness/fault-scale.js';
import { at, conditionsOf, type KubeObject, textAt } from '../harness/kube-object.js';
import { hastyClock, LabClock } from '../harness/lab-clock.js';
import { OperatorLab, type RunningOperator, type Story } from '../harness/operator-lab.js';
import { isReady } from '../harness/ready-model.js';
import { goesWell } from '../harness/played-kubelet.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { untilEnd, untilQuiet } from '../harness/same-end.js';
import { until } from '../harness/until.js';
import { makeUser } from '../harness/user-kubeconfig.js';

/** So many stories run beside each other. */
const AT_ONCE = 4;

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
});

afterAll(async () => {
  await lab.stop();
});

function operate(story: Story, options: { death?: Death; lease?: string } = {}): Promise<RunningOperator> {
  return lab.startOperator({ namespace: story.namespace, clock: hastyClock(), ...options });
}

function seed(value: number): object {
  return { spec: { training: { seed: value } } };
}

/** The revision that serves, and all that are kept. */
async function untilKept(story: Story, current: string, kept: readonly string[]): Promise<void> {
  await story.untilReady(current);
  await until(
    `only ${kept.join(', ')} are left`,
    async () => (await story.names('ChurnModelRevision')).join() === kept.join(),
    () => story.names('ChurnModelRevision'),
  );
}

/** Revision 1 served and was replaced, 2 failed a gate, 3 serves; nothing is pruned yet, and no operator runs. */
async function threeRevisions(): Promise<Story> {
  const story = await lab.story();
  const operator = await operate(story);
  await story.begin();
  await story.untilReady('telco-1');
  story.direct({ training: () => ({ kind: 'succeed', rocAuc: '0.5500', failedGates: ['RocAUC is too low'] }) });
  await story.patch('ChurnModel', 'telco', seed(2));
  await story.untilCondition('Stalled', 'True', 'GateFailed');
  story.direct(goesWell);
  await story.patch('ChurnModel', 'telco', seed(3));
  await story.untilReady('telco-3');
  await until('only telco-3 has pods', async () => (await story.names('Deployment')).join() === 'telco-3');
  await untilQuiet(lab, story, operator);
  await operator.stop();
  await lab.expireLease(story.namespace);
  return story;
}

const pruneAll = { spec: { revisionHistoryLimit: 0 } };

async function historyOf(story: Story): Promise<readonly HistoryEntry[]> {
  const stored = await story.find('ConfigMap', 'telco-history');
  const lines = textAt(stored, 'data', HISTORY_KEY)
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => HistoryEntry.parse(JSON.parse(line)));
}

async function artifactsOf(story: Story): Promise<string[]> {
  const names = (await story.names('ConfigMap')).filter((name) => name.includes('-artifact-'));
  return names.map((name) => name.replace(/-artifact-.*$/, ''));
}

interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `bin/churnops history`. */
async function history(kubeconfig: string, ...args: readonly string[]): Promise<Printed> {
  const command = join(repositoryRoot(), 'bin', 'churnops');
  const child = spawn(command, ['history', `--kubeconfig=${kubeconfig}`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

const reader = [
  { apiGroups: ['churnops.dev'], resources: ['churnmodels'], verbs: ['get'] },
  { apiGroups: ['churnops.dev'], resources: ['churnmodelrevisions'], verbs: ['list'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
];

describe('revisions beyond spec.revisionHistoryLimit', () => {
  it('are deleted with what they left, and their reports are kept', async () => {
    const story = await lab.story();
    const operator = await operate(story);
    await story.begin({ revisionHistoryLimit: 1 });
    await story.untilReady('telco-1');
    await story.patch('ChurnModel', 'telco', seed(2));
    await untilKept(story, 'telco-2', ['telco-1', 'telco-2']);
    await story.patch('ChurnModel', 'telco', seed(3));
    await untilKept(story, 'telco-3', ['telco-2', 'telco-3']);
    await story.patch('ChurnModel', 'telco', seed(4));
    await untilKept(story, 'telco-4', ['telco-3', 'telco-4']);

    const left = ['telco-3', 'telco-4'];
    await until('what they left is gone', async () => {
      expect(await artifactsOf(story)).toEqual(left);
      expect(await story.names('Job')).toEqual(left.map((name) => `${name}-train`));
      expect(await story.names('Role')).toEqual([]);
      return true;
    });
    expect(await historyOf(story)).toMatchObject(
      [1, 2].map((number) => ({
        kind: 'Revision',
        name: `telco-${number}`,
        number,
        metrics: { RocAUC: '0.8431' },
        served: true,
        promotedTime: expect.any(String),
        retiredTime: expect.any(String),
      })),
    );
    const stored = await story.get('ConfigMap', 'telco-history');
    expect(stored.metadata.ownerReferences).toMatchObject([{ kind: 'ChurnModel', name: 'telco', controller: true }]);

    // Its number is not used again, also when the status that tells it is lost.
    await operator.stop();
    await lab.expireLease(story.namespace);
    await lab.cluster.patch(`${story.path('ChurnModel', 'telco')}/status`, { status: null });
    for (const kind of ['ChurnModelRevision', 'Deployment', 'Job', 'ConfigMap'] as const) {
      const names = (await story.names(kind)).filter((name) => /^telco-[34]/.test(name));
      for (const name of names) await story.remove(kind, name);
    }
    const next = await operate(story);
    await until('a revision with a number that was never used serves', async () => {
      return isReady(await story.get('ChurnModel', 'telco'), 'telco-3');
    });
    expect((await historyOf(story)).map(({ name }) => name)).toEqual(['telco-1', 'telco-2']);
    expect(story.flaws()).toEqual([]);
    await next.stop();
  });

  it('keep the artifact that a kept one serves', async () => {
    const story = await lab.story();
    const operator = await operate(story);
    await story.begin({ revisionHistoryLimit: 0 });
    await story.untilReady('telco-1');
    await story.patch('ChurnModel', 'telco', seed(2));
    await untilKept(story, 'telco-2', ['telco-2']);
    await story.patch('ChurnModel', 'telco', { spec: { serving: { maxBatchSize: 7 } } });
    // The second is kept since its artifact is served.
    await untilKept(story, 'telco-3', ['telco-2', 'telco-3']);
    await story.patch('ChurnModel', 'telco', { spec: { serving: { maxBatchSize: 8 } } });
    await untilKept(story, 'telco-4', ['telco-2', 'telco-4']);
    expect(await artifactsOf(story)).toEqual(['telco-2']);
    expect(await story.names('Job')).toEqual(['telco-2-train']);
    expect((await historyOf(story)).map(({ name }) => name)).toEqual(['telco-1', 'telco-3']);
    expect(story.flaws()).toEqual([]);
    await operator.stop();
  });

  it('are kept while the history is not ours', async () => {
    const story = await threeRevisions();
    await story.create('ConfigMap', { metadata: { name: 'telco-history' }, data: { mine: 'untouched' } });
    const operator = await operate(story);
    await story.patch('ChurnModel', 'telco', pruneAll);
    const model = await story.untilCondition('Stalled', 'True', 'NameConflict');
    expect(conditionsOf(model)['Stalled']?.message).toContain('telco-history');
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1', 'telco-2', 'telco-3']);
    expect(at(await story.get('ConfigMap', 'telco-history'), 'data')).toEqual({ mine: 'untouched' });
    await story.remove('ConfigMap', 'telco-history');
    await story.poke();
    await untilKept(story, 'telco-3', ['telco-3']);
    await operator.stop();
  });
});

describe('a pruning', () => {
  it('that is ended before or after any write is finished by the next operator, with each report once', async () => {
    const calm = await threeRevisions();
    await calm.patch('ChurnModel', 'telco', pruneAll);
    const operator = await operate(calm);
    await untilKept(calm, 'telco-3', ['telco-3']);
    const undisturbed = await untilQuiet(lab, calm, operator);
    await operator.stop();
    const { writes } = operator.life;
    const first = writes.indexOf('create ConfigMap');
    const last = writes.lastIndexOf('delete ChurnModelRevision');
    expect([first, last]).not.toContain(-1);
    expect(last - first).toBeGreaterThanOrEqual(6);

    // A new operator applies every child once before: a little more or less of that may come first.
    const numbers = Array.from({ length: last - first + 3 }, (_, index) => first + index);
    // Who dies before a write leaves what they leave who die after the one before it: the short form has each of them once.
    const moments: readonly Death['moment'][] = long ? ['before', 'after'] : ['after'];
    const deaths = numbers.flatMap((write) => moments.map((moment) => ({ moment, write })));
    const runners = Array.from({ length: AT_ONCE }, async () => {
      for (let death = deaths.shift(); death !== undefined; death = deaths.shift()) {
        const story = await threeRevisions();
        await story.patch('ChurnModel', 'telco', pruneAll);
        const doomed = await operate(story, { death });
        await untilEnd(lab, story, undisturbed, () => doomed.life.dead);
        await doomed.stop();
        await lab.expireLease(story.namespace);
        const successor = await operate(story);
        await untilEnd(lab, story, undisturbed);
        expect((await historyOf(story)).map(({ name }) => name)).toEqual(['telco-1', 'telco-2']);
        expect(story.flaws()).toEqual([]);
        await successor.stop();
        await lab.forget(story);
      }
    });
    await Promise.all(runners);
  }, 1_500_000);

  it('by two operators at once writes each report once', async () => {
    const story = await threeRevisions();
    await story.patch('ChurnModel', 'telco', pruneAll);
    const both = await Promise.all(['one', 'two'].map((lease) => operate(story, { lease })));
    await untilKept(story, 'telco-3', ['telco-3']);
    expect((await historyOf(story)).map(({ name }) => name)).toEqual(['telco-1', 'telco-2']);
    expect(await artifactsOf(story)).toEqual(['telco-3']);
    await Promise.all(both.map((operator) => operator.stop()));
  });
});

/** The containers' images of a Deployment's template. */
function imagesOf(deployment: KubeObject): string {
  return textAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'image');
}

describe('the annotation churnops.dev/refresh', () => {
  it('moves to pods of the new release without training, where an upgrade alone changes nothing', async () => {
    const story = await lab.story();
    const refresh = (value: string | null) =>
      story.patch('ChurnModel', 'telco', { metadata: { annotations: { [annotations.refresh]: value } } });
    const serves = (pods: number) =>
      story.untilModel(`serves with ${pods}`, (model) => at(model, 'status', 'current', 'readyReplicas') === pods);
    const before = await operate(story);
    await story.begin();
    await story.untilReady();
    await before.stop();
    await lab.expireLease(story.namespace);

    const after = await lab.startOperator({ namespace: story.namespace, clock: hastyClock(), version: '0.2.0' });
    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { policy: 'None', replicas: 3 } } });
    await serves(3);
    expect(imagesOf(await story.get('Deployment', 'telco-1'))).toBe('churnops/serving:0.1.0');
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1']);

    await refresh('after-the-upgrade');
    await story.untilReady('telco-2');
    expect(imagesOf(await story.get('Deployment', 'telco-2'))).toBe('churnops/serving:0.2.0');
    expect(await story.names('Job')).toEqual(['telco-1-train']);
    const [first, second] = await story.list('ChurnModelRevision');
    expect(at(second, 'spec')).toMatchObject({
      trigger: 'Refreshed',
      refresh: 'after-the-upgrade',
      inputHash: at(first, 'spec', 'inputHash'),
      servingHash: at(first, 'spec', 'servingHash'),
    });
    expect(at(second, 'status', 'artifact')).toEqual(at(first, 'status', 'artifact'));

    await refresh(null);
    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { policy: 'None', replicas: 2 } } });
    await serves(2);
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1', 'telco-2']);
    expect(story.flaws()).toEqual([]);
    await after.stop();
  });
});

describe('a training run', () => {
  const kinds = ['ServiceAccount', 'Role', 'RoleBinding'] as const;
  const there = (story: Story) => Promise.all(kinds.map((kind) => story.find(kind, 'telco-1-train')));

  it('may write for as long as its attempt lasts, and again in the next one', async () => {
    const story = await lab.story();
    const clock = new LabClock();
    clock.stop();
    const operator = await lab.startOperator({ namespace: story.namespace, clock });
    const message = { reason: 'DataUnreachable', message: 'http://s3:7070 refused' } as const;
    story.direct({ training: () => ({ kind: 'fail', exitCode: 3, message }) });
    await story.begin();
    await story.untilModel('says so', (model) => conditionsOf(model)['Ready']?.reason === 'DataUnreachable');
    await until('it is gone', async () => (await there(story)).every((object) => object === undefined));

    story.direct({ training: () => ({ kind: 'hold' }) });
    clock.advance(31_000);
    await story.poke();
    await until('it is back', async () => (await there(story)).every((object) => object !== undefined));
    story.direct(goesWell);
    await story.untilReady();
    await until('it is gone again', async () => (await there(story)).every((object) => object === undefined));
    expect(await story.names('Job')).toEqual(['telco-1-train', 'telco-1-train-2']);
    expect(story.flaws()).toEqual([]);
    await operator.stop();
  });
});

describe('the progress of a training', () => {
  it('is told in the status while it runs', async () => {
    const story = await lab.story();
    story.direct({ training: () => ({ kind: 'hold' }) });
    const operator = await operate(story);
    await story.begin();
    const { metadata } = await story.untilCondition('Reconciling', 'True', 'Training');
    const artifact = `telco-1-artifact-${(metadata.uid ?? '').slice(0, 8)}`;
    await until('its ConfigMap is there', () => story.find('ConfigMap', artifact));
    const progress = JSON.stringify({ step: 'Train', percent: 60 });
    await story.patch('ConfigMap', artifact, { data: { [artifactKeys.progress]: progress } });
    const model = await story.untilModel(
      'tells the step',
      (seen) => at(seen, 'status', 'training', 'step') === 'Train',
    );
    expect(at(model, 'status', 'training')).toMatchObject({ job: 'telco-1-train', attempt: 1, progressPercent: 60 });
    story.direct(goesWell);
    const ready = await story.untilReady();
    expect(at(ready, 'status', 'training', 'step')).toBeUndefined();
    expect(story.flaws()).toEqual([]);
    await operator.stop();
  });

  it('is not needed twice: a Job that is deleted after its result was recorded stays away', async () => {
    const story = await lab.story();
    const operator = await operate(story);
    await story.begin();
    await story.untilReady();
    await story.remove('Job', 'telco-1-train');
    await story.patch('ChurnModel', 'telco', { spec: { autoscaling: { policy: 'None', replicas: 3 } } });
    await story.untilModel('serves with three', (model) => at(model, 'status', 'current', 'readyReplicas') === 3);
    await untilQuiet(lab, story, operator);
    expect(await story.names('Job')).toEqual([]);
    await operator.stop();
  });
});

describe('churnops history', () => {
  it('prints what served, and why the others did not, to whoever may read', async () => {
    const story = await threeRevisions();
    const operator = await operate(story);
    await story.patch('ChurnModel', 'telco', { spec: { revisionHistoryLimit: 1 } });
    await untilKept(story, 'telco-3', ['telco-2', 'telco-3']);
    await untilQuiet(lab, story, operator);
    await operator.stop();
    const kubeconfig = await makeUser(story, 'reader', reader);
    const ask = (...args: readonly string[]) => history(kubeconfig, '--context=story', ...args);

    const table = await ask('telco');
    expect({ code: table.code, stderr: table.stderr.replace('churnops: compiling\n', '') }).toEqual({
      code: 0,
      stderr: '',
    });
    const rows = table.stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows.map(([number, trigger, auc]) => [number, trigger, auc]).slice(0, 4)).toEqual([
      ['NUMBER', 'TRIGGER', 'AUC'],
      ['1', 'Created', '0.8431'],
      ['2', 'SpecChanged', '0.5500'],
      ['3', 'SpecChanged', '0.8431'],
    ]);
    expect(rows.map((row) => row.at(-1)).slice(1, 4)).toEqual([
      'telco-3 took over',
      'GateFailed: RocAUC is too low.',
      'Serving',
    ]);
    expect(table.stdout).toContain('Reports of deleted revisions: 1 entry, chain whole.');

    const json = await ask('telco', '--output=json', `--namespace=${story.namespace}`);
    const report: unknown = JSON.parse(json.stdout);
    expect(report).toMatchObject({
      model: 'telco',
      chain: { whole: true, entries: 1 },
      revisions: [
        { number: '1', served: true, prunedTime: expect.any(String) },
        { number: '2', served: false },
        { number: '3', served: true },
      ],
    });

    const stored = await story.get('ConfigMap', 'telco-history');
    const changed = textAt(stored, 'data', HISTORY_KEY).replace('0.8431', '0.9431');
    await story.patch('ConfigMap', 'telco-history', { data: { [HISTORY_KEY]: changed } });
    const broken = await ask('telco');
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('0.9431');
    expect(broken.stderr).toContain(
      'The history of telco is broken: line 1 (revision telco-1) does not have the content that its hash was made of',
    );
  });

  it('says what is wrong in a sentence', async () => {
    const story = await lab.story();
    await story.begin();
    const kubeconfig = await makeUser(story, 'reader', reader);
    const blind = await makeUser(story, 'blind', []);
    const cases: [string, readonly string[], number, string][] = [
      [kubeconfig, ['--context=story', 'acme'], 3, `There is no ChurnModel acme in namespace ${story.namespace}`],
      [kubeconfig, ['telco'], 3, 'The cluster at https://127.0.0.1:9 does not answer'],
      [kubeconfig, ['--context=moon', 'telco'], 3, 'has no context moon: it has story, nowhere'],
      ['/does/not/exist', ['telco'], 3, "The kubeconfig /does/not/exist can't be read"],
      [blind, ['--context=story', 'telco'], 3, 'You may not read what is needed'],
      [kubeconfig, ['telco', '--output=xml'], 2, 'Allowed choices are table, json'],
      [kubeconfig, [], 2, "Missing required argument 'NAME'"],
    ];
    for (const [path, args, code, sentence] of cases) {
      const printed = await history(path, ...args);
      expect({ args, code: printed.code, stdout: printed.stdout }).toEqual({ args, code, stdout: '' });
      expect(printed.stderr).toContain(sentence);
      expect(printed.stderr.replace('churnops: compiling\n', '').trim()).not.toContain('\n');
    }
  });
});
