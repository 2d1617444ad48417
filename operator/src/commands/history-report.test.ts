import type { HistoryEntry, RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { outgoingHash } from '../decide/history-chain.js';
import { fitted } from '../decide/history-compaction.js';
import { historyEntry } from '../decide/history-entry.js';
import { failed, good, model, NOW, promoted, revision, training } from '../fixtures/world-builder.js';
import type { Revision } from '../world.js';
import { historyReport, reportTable } from './history-report.js';

const retiredTime = '2026-03-01T11:30:00.000Z';
const gone = [
  revision(model(), 1, { ...promoted(1), retiredTime }),
  revision(model(), 2, failed('GateFailed')),
  revision(model(), 3, { ...promoted(3), retiredTime }),
];
const live = [revision(model(), 4, promoted(4)), revision(model(), 5, training)];

function entriesOf(revisions: readonly Revision[]): readonly HistoryEntry[] {
  return revisions.reduce<readonly HistoryEntry[]>(
    (entries, one) => [...entries, historyEntry(one, outgoingHash(entries.at(-1)), NOW)],
    [],
  );
}

const entries = entriesOf(gone);
const stored = { entries, problem: undefined };

describe('the history of a model', () => {
  it('tells deleted and live revisions as one table', () => {
    expect(reportTable(historyReport(stored, live))).toBe(
      [
        'NUMBER   TRIGGER       AUC      ARTIFACT       TRAINED                PROMOTED               RETIRED                ENDED',
        '1        Created       0.8400   05b3abf2579a   2026-03-01T11:10:00Z   2026-03-01T11:20:00Z   2026-03-01T11:30:00Z   telco-3 took over',
        '2        SpecChanged   -        -              -                      -                      -                      GateFailed: GateFailed happened.',
        '3        SpecChanged   0.8400   05b3abf2579a   2026-03-01T11:10:00Z   2026-03-01T11:20:00Z   2026-03-01T11:30:00Z   telco-4 took over',
        '4        SpecChanged   0.8400   05b3abf2579a   2026-03-01T11:10:00Z   2026-03-01T11:20:00Z   -                      Serving',
        '5        SpecChanged   -        -              -                      -                      -                      Training',
        '',
      ].join('\n'),
    );
  });

  it('tells a revision once whose deletion was not finished', () => {
    const { revisions } = historyReport(stored, [...gone.slice(2), ...live]);
    expect(revisions.map(({ number }) => number)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('lists what served also when the reports had to go', () => {
    const { revisions, chain } = historyReport({ entries: fitted(entries, 700), problem: undefined }, live);
    expect(revisions.map(({ number, served }) => [number, served])).toEqual([
      ['1,3', true],
      ['2', false],
      ['4', true],
      ['5', false],
    ]);
    expect(chain.problem).toBeUndefined();
  });

  it('says where the chain is broken', () => {
    const changed = entries.map((entry) =>
      entry.kind === 'Revision' && entry.number === 2 ? { ...entry, served: true } : entry,
    );
    expect(historyReport({ entries: changed, problem: undefined }, []).chain.problem).toBe(
      'line 2 (revision telco-2) does not have the content that its hash was made of',
    );
    const unread = "line 4 can't be read";
    expect(historyReport({ entries, problem: unread }, []).chain.problem).toBe(unread);
  });

  it('tells why a rollout failed, of deleted and of live revisions', () => {
    const time = NOW.toISOString();
    const rollout: RolloutStatus = {
      ...{ sequence: 7, attempt: 1, stage: 'RolledBack', step: 1, percent: 0, sizePercent: 5 },
      ...{
        startTime: time,
        stepStartTime: time,
        endTime: time,
        reason: 'Rejected',
        message: 'It was rejected by hand',
      },
      verdicts: [{ verdict: 'reject', attempt: 1, time, manager: 'kubectl-annotate' }],
    };
    const refused = (number: number) => revision(model(), number, { ...good(number), stage: 'RolledBack', rollout });
    const { revisions } = historyReport({ entries: entriesOf([refused(1)]), problem: undefined }, [refused(2)]);
    expect(revisions.map(({ ended }) => ended)).toEqual(Array(2).fill('Rejected: It was rejected by hand'));
    expect(revisions.map((each) => each.rollout?.verdicts)).toEqual([rollout.verdicts, rollout.verdicts]);
  });

  it('of a model without deleted revisions is whole', () => {
    const { revisions, chain } = historyReport({ entries: [], problem: undefined }, live);
    expect(revisions).toHaveLength(2);
    expect(chain).toMatchObject({ entries: 0, problem: undefined });
  });
});
