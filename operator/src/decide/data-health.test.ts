import type { DataFinding, LeakPolicy, TrainingFailure } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { job, model, pod, revision, SHA256, training as underWay, world } from '../fixtures/world-builder.js';
import { conditions } from './conditions.js';
import { training } from './training.js';

const leak: DataFinding = {
  kind: 'LeakingColumn',
  column: 'churn_reason',
  message: 'Column "churn_reason" gives the label away: alone it has ROC AUC 0.9980, lower 95 % bound 0.9971.',
};
const suspect: DataFinding = { kind: 'SuspectColumn', column: 'score', message: 'Column "score" may.' };
const name: DataFinding = { kind: 'FutureName', column: 'churn_reason', message: 'Column "churn_reason" sounds so.' };

interface Run {
  readonly findings?: readonly DataFinding[];
  readonly failedGates?: readonly string[];
  readonly leakPolicy?: LeakPolicy;
}

/** What is written when a training with this report is over. */
function actionsAfter({ findings, failedGates = [], leakPolicy = 'Exclude' }: Run) {
  const telco = model({ training: { leakPolicy } });
  const artifact = {
    kind: 'Complete',
    sha256: SHA256,
    figures: { metrics: {} },
    threshold: '0.3',
    failedGates,
    findings,
  } as const;
  const trained = revision(telco, 1, underWay);
  return training(world({ model: telco, revisions: [trained], jobs: [job({ state: 'Complete' })], artifact }));
}

function recorded(run: Run) {
  const record = actionsAfter(run).find((action) => action.kind === 'Record');
  return record?.status.conditions?.find(({ type }) => type === 'DataHealthy');
}

describe('the condition DataHealthy', () => {
  it.each<[string, Run, object | undefined]>([
    ['is true when nothing was found', { findings: [] }, { status: 'True', reason: 'NoProblemFound' }],
    ['is true when only a name sounds like the future', { findings: [name] }, { status: 'True' }],
    ['names the gravest', { findings: [leak, suspect, name] }, { status: 'False', reason: 'LeakingColumn' }],
    ['names a suspect', { findings: [suspect] }, { status: 'False', reason: 'SuspectColumn' }],
    [
      'is there when a gate failed',
      { findings: [leak], failedGates: ['RocAUC 0.55 is below minValue 0.60'] },
      { status: 'False' },
    ],
    ['is not there for a report of release 0.1.0', {}, undefined],
  ])('%s', (_, run, expected) => {
    const condition = recorded(run);
    if (expected === undefined) expect(condition).toBeUndefined();
    else expect(condition).toMatchObject(expected);
  });

  it('says all that was found, in the gravest order, with the figures', () => {
    expect(recorded({ findings: [leak, suspect, name] })?.message).toBe(
      `Revision telco-1: ${leak.message} ${suspect.message}`,
    );
  });

  it('of the model is that of the newest training that says so', () => {
    const first = { status: 'True', reason: 'NoProblemFound', message: 'Nothing.' } as const;
    const stamps = { type: 'DataHealthy', observedGeneration: 1, lastTransitionTime: '2026-03-01T11:00:00.000Z' };
    const second = { status: 'False', reason: 'LeakingColumn', message: 'A leak.' } as const;
    const revisions = [first, second, undefined].map((said, index) =>
      revision(model(), index + 1, said === undefined ? {} : { conditions: [{ ...stamps, ...said }] }),
    );
    const told = conditions(world({ revisions }), { kind: 'done' });
    expect(told).toContainEqual({ type: 'DataHealthy', ...second });
  });
});

describe('a table that no model was trained on', () => {
  const message = 'Column "churn_reason" (ROC AUC 0.9980, lower 95 % bound 0.9971) gives the label away.';

  /** What is recorded of a Job that ended with this word of the trainer. */
  function recordedOf(said: TrainingFailure) {
    const telco = model();
    const ended = pod({
      job: 'telco-1-train',
      problem: { reason: 'Error', exitCode: 2, message: JSON.stringify(said) },
    });
    const given = {
      model: telco,
      revisions: [revision(telco, 1, underWay)],
      jobs: [job({ state: 'Failed' })],
      pods: [ended],
    };
    const record = training(world(given)).find((action) => action.kind === 'Record');
    return record?.status.conditions;
  }

  it('is told of when the table is why', () => {
    expect(recordedOf({ reason: 'DataInvalid', message, finding: 'LeakingColumn' })).toMatchObject([
      { type: 'Trained', status: 'False', reason: 'JobFailed', message },
      { type: 'DataHealthy', status: 'False', reason: 'LeakingColumn', message: `Revision telco-1: ${message}` },
    ]);
  });

  it('is not told of when something else is why', () => {
    const conditionsNow = recordedOf({ reason: 'DataUnreachable', message: 'Nobody answers.' });
    expect(conditionsNow?.map(({ type }) => type)).toEqual(['Trained']);
  });
});

describe('the event LeakingColumnExcluded', () => {
  const events = (run: Run) => actionsAfter(run).flatMap((action) => (action.kind === 'Tell' ? [action.event] : []));

  it('names the column and its figure, after the result was recorded', () => {
    const [record, tell] = actionsAfter({ findings: [leak, suspect] });
    expect(record).toMatchObject({ kind: 'Record' });
    expect(tell).toEqual({
      kind: 'Tell',
      event: { type: 'Warning', reason: 'LeakingColumnExcluded', note: `Revision telco-1: ${leak.message}` },
    });
  });

  it.each<[string, Run, number]>([
    ['comes for each leak', { findings: [leak, leak, suspect] }, 2],
    ['comes eight times at most', { findings: Array.from({ length: 20 }, () => leak) }, 8],
    ['does not come when the column is used', { findings: [leak], leakPolicy: 'Keep' }, 0],
    ['does not come without a leak', { findings: [suspect, name] }, 0],
  ])('%s', (_, run, count) => {
    expect(events(run)).toHaveLength(count);
  });
});
