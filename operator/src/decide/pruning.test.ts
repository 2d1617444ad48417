import { HISTORY_KEY } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { kinds } from '../kinds.js';
import type { HistoryContent, Job, Model, Revision, World } from '../world.js';
import type { Action } from './action.js';
import { chainProblem, readHistory } from './history-chain.js';
import { prunable, pruning } from './pruning.js';
import {
  deployment,
  failed,
  good,
  job,
  model,
  promoted,
  revision,
  training,
  UID,
  world,
} from '../fixtures/world-builder.js';

const absent: HistoryContent = { kind: 'Absent' };
const retiredTime = '2026-03-01T11:30:00.000Z';
const seeded = (seed: number): Model => model({ training: { seed } });
const artifact = (number: number) => `telco-${number}-artifact-${UID.slice(0, 8)}`;

function retired(number: number): Revision {
  return revision(seeded(number), number, { ...promoted(number), stage: 'Retired', retiredTime });
}

function rejected(number: number): Revision {
  return revision(seeded(number), number, failed('GateFailed'));
}

/** Serves the artifact of another revision. */
function reusing(of: Revision, origin: number): Revision {
  const { status = { observedGeneration: 1 }, spec } = of;
  const used = { configMap: artifact(origin), sha256: status.artifact?.sha256 ?? '' };
  return { ...of, spec: { ...spec, reuseArtifactOf: `telco-${origin}` }, status: { ...status, artifact: used } };
}

/** Revision `number` serves what the model asks for. */
function serving(number: number, limit: number, others: readonly Revision[], differences: Partial<World> = {}): World {
  const status = { observedGeneration: 1, lastRevisionNumber: number };
  return world({
    model: model({ training: { seed: number }, revisionHistoryLimit: limit }, status),
    revisions: [...others, revision(seeded(number), number, promoted(number))],
    deployments: [deployment(number)],
    serviceRevision: `telco-${number}`,
    history: absent,
    ...differences,
  });
}

const three = [retired(1), rejected(2), retired(3)];
const belonging = (resource: (typeof kinds)[keyof typeof kinds], name: string) => ({ resource, name, uid: name });

function words(action: Action): string {
  if ('object' in action) return `${action.kind} ${action.object.metadata.name}`;
  return 'resource' in action ? `${action.kind} ${action.resource.kind} ${action.name}` : action.kind;
}

/** The entries that a plan writes. */
function written(given: World) {
  const write = pruning(given).find((action) => action.kind === 'WriteHistory');
  const data = write?.object['data'];
  const text =
    typeof data === 'object' && data !== null ? Object.entries(data).find(([key]) => key === HISTORY_KEY) : [];
  return readHistory(String(text?.[1] ?? '')).entries;
}

describe('revisions to be deleted', () => {
  it.each<[string, World, readonly string[]]>([
    ['are none within the limit', serving(4, 3, three), []],
    ['are the oldest beyond the limit', serving(4, 1, three), ['telco-1', 'telco-2']],
    ['are all but what serves when the limit is 0', serving(4, 0, three), ['telco-1', 'telco-2', 'telco-3']],
    ['never have pods', serving(4, 0, three, { deployments: [deployment(3), deployment(4)] }), ['telco-1', 'telco-2']],
    [
      'have been told that they are retired',
      serving(4, 0, [revision(seeded(1), 1, promoted()), rejected(2)]),
      ['telco-2'],
    ],
    [
      'have no training under way',
      serving(4, 0, [
        revision(seeded(1), 1, training),
        revision(seeded(2), 2, failed('DataUnreachable')),
        revision(seeded(3), 3, { ...good(3), stage: 'Retired' }),
      ]),
      ['telco-3'],
    ],
    [
      'have no Job that runs',
      serving(4, 0, [rejected(1), rejected(2)], { jobs: [job({ name: 'telco-1-train-2' })] }),
      ['telco-2'],
    ],
    [
      'are not the one whose artifact is served',
      serving(4, 0, three.slice(0, 2), {
        revisions: [retired(1), rejected(2), reusing(revision(seeded(4), 4, promoted(4)), 1)],
      }),
      ['telco-2'],
    ],
    [
      'are not the one whose artifact a kept one would serve again',
      serving(5, 1, [retired(1), rejected(2), reusing(retired(3), 1)]),
      ['telco-2'],
    ],
    [
      'are not the one whose artifact is about to be served',
      serving(4, 0, [retired(1)], {
        revisions: [
          retired(1),
          revision(seeded(3), 3, promoted(3)),
          { ...revision(seeded(4), 4), spec: { ...revision(seeded(4), 4).spec, reuseArtifactOf: 'telco-1' } },
        ],
      }),
      [],
    ],
    [
      'are not the one whose artifact the revision will use that is about to be made',
      serving(3, 0, [retired(1), rejected(2)], {
        model: model(
          { training: { seed: 1 }, revisionHistoryLimit: 0 },
          { observedGeneration: 1, lastRevisionNumber: 3 },
        ),
      }),
      ['telco-2'],
    ],
    [
      'are counted in the status: else their numbers could be used again',
      serving(4, 0, three, { model: model({ training: { seed: 4 }, revisionHistoryLimit: 0 }) }),
      [],
    ],
  ])('%s', (_, given, expected) => {
    expect(prunable(given).map(({ name }) => name)).toEqual(expected);
  });
});

describe('a pruning', () => {
  const belongings = [
    belonging(kinds.role, 'telco-1-train'),
    belonging(kinds.role, 'telco-11-train'),
    belonging(kinds.configMap, artifact(1)),
    belonging(kinds.configMap, artifact(4)),
    belonging(kinds.configMap, 'telco-history'),
  ];
  const ended = (name: string) => job({ name, uid: name, state: 'Complete', hasTtl: true });

  it('writes the report, then deletes what the revision left, and the revision last', () => {
    const jobs = [ended('telco-1-train'), ended('telco-1-train-2'), ended('telco-11-train')];
    expect(pruning(serving(4, 0, [retired(1)], { belongings, jobs })).map(words)).toEqual([
      'WriteHistory telco-history',
      'Delete Job telco-1-train',
      'Delete Job telco-1-train-2',
      'Delete Role telco-1-train',
      `Delete ConfigMap ${artifact(1)}`,
      'Delete ChurnModelRevision telco-1',
    ]);
  });

  it('writes no report twice, and goes on where another one ended', () => {
    const given = serving(4, 0, three);
    const entries = written(given);
    const again = pruning({ ...given, history: { kind: 'Read', uid: 'h', resourceVersion: '9', entries } });
    expect(again.map(words)).toEqual([1, 2, 3].map((number) => `Delete ChurnModelRevision telco-${number}`));
  });

  it('appends to the version that was read', () => {
    const first = written(serving(4, 2, three));
    const given = serving(4, 0, three, { history: { kind: 'Read', uid: 'h', resourceVersion: '9', entries: first } });
    expect(pruning(given)[0]).toMatchObject({ existing: { uid: 'h', resourceVersion: '9' } });
    const entries = written(given);
    expect(entries.map((entry) => entry['name'])).toEqual(['telco-1', 'telco-2', 'telco-3']);
    expect(chainProblem(entries)).toBeUndefined();
  });

  it('leaves an artifact that a kept revision serves', () => {
    // Its own revision was deleted by hand.
    const old = reusing(retired(3), 1);
    const current = reusing(revision(seeded(4), 4, promoted(4)), 1);
    const given = serving(4, 0, [], { revisions: [old, current], belongings });
    expect(pruning(given).map(words)).toEqual(['WriteHistory telco-history', 'Delete ChurnModelRevision telco-3']);
  });

  it('tells the whole report', () => {
    expect(written(serving(4, 0, [retired(1), rejected(2)]))).toEqual([
      expect.objectContaining({
        name: 'telco-1',
        number: 1,
        trigger: 'Created',
        metrics: { RocAUC: '0.8400', LogLoss: '0.4140' },
        threshold: '0.3117',
        artifact: expect.objectContaining({ configMap: artifact(1) }),
        conditions: [expect.objectContaining({ type: 'Trained', status: 'True', reason: 'GatesPassed' })],
        promotedTime: '2026-03-01T11:20:00.000Z',
        retiredTime,
        served: true,
        prunedTime: '2026-03-01T12:00:00.000Z',
      }),
      expect.objectContaining({
        name: 'telco-2',
        training: expect.objectContaining({ reason: 'GateFailed', message: 'GateFailed happened.' }),
        served: false,
      }),
    ]);
  });

  it('deletes nothing while the history cannot be read, and says so', () => {
    const history: HistoryContent = { kind: 'Unreadable', message: 'line 2 is not JSON' };
    expect(pruning(serving(4, 0, three, { history }))).toEqual([
      { kind: 'Tell', event: { type: 'Warning', reason: 'HistoryUnreadable', note: 'line 2 is not JSON' } },
    ]);
  });
});

describe('artifacts in a bucket', () => {
  const s3 = { bucket: 'models', prefix: 'churn', endpoint: 'http://s3:7070', secretRef: { name: 'keys' } };
  const kept = (number: number): Revision => {
    const status = { ...promoted(number), stage: 'Retired' as const, retiredTime };
    return revision(model({ training: { seed: number }, artifacts: { s3 } }), number, status);
  };
  const given = (jobs: readonly Job[]) => serving(4, 0, [kept(1)], { jobs });
  const removal = (differences: Partial<Job>) => job({ name: 'telco-1-remove', ...differences });

  it('are removed by a Job with the keys of the bucket, before the revision goes', () => {
    const actions = pruning(given([]));
    expect(actions.map(words)).toEqual(['WriteHistory telco-history', 'Create telco-1-remove']);
    const created = JSON.stringify(actions.find(({ kind }) => kind === 'Create'));
    expect(created).toContain(`s3://models/churn/retention/${artifact(1)}`);
    expect(created).toContain('"secretName":"keys"');
    expect(created).toContain('"automountServiceAccountToken":false');
    expect(created).not.toContain('CHURNOPS_TRAINING_INPUT');
  });

  it.each<[string, readonly Job[], readonly string[]]>([
    ['wait for the Job', [removal({ state: 'Running' })], ['WriteHistory telco-history']],
    [
      'are told of when it fails, and it is made again when it is gone',
      [removal({ state: 'Failed' })],
      ['WriteHistory telco-history', 'Tell'],
    ],
    [
      'are gone with the Job and the revision when it is done',
      [removal({ state: 'Complete' })],
      ['WriteHistory telco-history', 'Delete Job telco-1-remove', 'Delete ChurnModelRevision telco-1'],
    ],
  ])('%s', (_, jobs, expected) => {
    expect(pruning(given(jobs)).map(words)).toEqual(expected);
  });

  it('are not looked for where nothing was trained, since another revision had them already', () => {
    const untrained = { stage: 'Retired', promotedTime: '2026-03-01T11:00:00.000Z', retiredTime } as const;
    const made = revision(model({ training: { seed: 1 }, artifacts: { s3 } }), 1, untrained);
    const actions = pruning(serving(4, 0, [reusing(made, 2)]));
    expect(actions.map(words)).toEqual(['WriteHistory telco-history', 'Delete ChurnModelRevision telco-1']);
  });

  it('stay while another revision serves them', () => {
    const world = serving(4, 0, [], { revisions: [kept(1), reusing(revision(seeded(4), 4, promoted(4)), 1)] });
    expect(pruning(world)).toEqual([]);
  });
});
