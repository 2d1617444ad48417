import type { HistoryEntry, RolloutStatus } from '@churnops/crds';
import { HistoryEntry as HistoryEntrySchema } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  chainProblem,
  highestListed,
  historyText,
  isListed,
  numbersOf,
  outgoingHash,
  readHistory,
} from './history-chain.js';
import { fitted } from './history-compaction.js';
import { historyEntry } from './history-entry.js';
import { rangesText } from './number-ranges.js';
import { failed, model, NOW, promoted, revision } from '../fixtures/world-builder.js';

interface Pruned {
  readonly number: number;
  readonly served: boolean;
}

const time = NOW.toISOString();
const rollout: RolloutStatus = {
  ...{ sequence: 7, attempt: 2, stage: 'RolledBack', step: 1, percent: 0, sizePercent: 5 },
  ...{ startTime: time, stepStartTime: time, endTime: time, reason: 'AnalysisFailed', evidence: 'x'.repeat(60_000) },
  message: 'failures: 9 % of 900 failed',
  verdicts: [
    { verdict: 'approve-1', attempt: 1, time, manager: 'kubectl-annotate' },
    { verdict: 'retry-2', attempt: 1, time },
  ],
  checks: [
    { name: 'failures', verdict: 'Fail', candidate: '0.09', control: '0.01', samples: 900, message: 'x'.repeat(1_000) },
    { name: 'decision-flips', verdict: 'Continue', candidate: '0.01', samples: 900, message: 'x' },
  ],
};

const served = revision(model(), 1, { ...promoted(), rollout });
const bases = { served, neverServed: revision(model(), 1, failed('GateFailed')) };

/** With the entry of a revision with this number. */
function append(entries: readonly HistoryEntry[], { number, served }: Pruned): readonly HistoryEntry[] {
  const base = served ? bases.served : bases.neverServed;
  const gone = { ...base, name: `telco-${number}`, spec: { ...base.spec, number } };
  return [...entries, historyEntry(gone, outgoingHash(entries.at(-1)), NOW)];
}

/** What the operator stores and reads again after each pruning. */
function grown(pruned: readonly Pruned[], maxBytes: number): readonly HistoryEntry[] {
  return pruned.reduce<readonly HistoryEntry[]>((entries, next) => {
    const stored = historyText(fitted(append(entries, next), maxBytes));
    expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(maxBytes);
    const { entries: read, problem } = readHistory(stored);
    expect(problem).toBeUndefined();
    return read;
  }, []);
}

// Numbers come in any order: a revision whose artifact is still served is deleted later than younger ones.
const prunedArbitrary = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 25 })
  .chain((numbers) =>
    fc.tuple(...numbers.map((number) => fc.record({ number: fc.constant(number), served: fc.boolean() }))),
  );

describe('the history', () => {
  it('of any deletions fits any limit, lists every revision once, and can be verified', () => {
    const limits = fc.constantFrom(600, 2_000, 6_000, 900_000);
    fc.assert(
      fc.property(prunedArbitrary, limits, (pruned, maxBytes) => {
        const entries = grown(pruned, maxBytes);
        expect(chainProblem(entries)).toBeUndefined();
        const listed = entries.map(numbersOf);
        const ranges = (wanted: boolean) =>
          pruned.filter(({ served }) => served === wanted).map(({ number }) => [number, number] as const);
        expect(rangesText(listed.flatMap(({ served }) => served))).toBe(rangesText(ranges(true)));
        expect(rangesText(listed.flatMap(({ neverServed }) => neverServed))).toBe(rangesText(ranges(false)));
        expect(pruned.every(({ number }) => isListed(entries, number))).toBe(true);
        expect(highestListed(entries)).toBe(Math.max(0, ...pruned.map(({ number }) => number)));
      }),
      { numRuns: 60 },
    );
  });

  it('shows that it was changed, whatever was changed', () => {
    const pruned = [1, 2, 3, 4, 5, 6].map((number) => ({ number, served: number % 2 === 0 }));
    fc.assert(
      fc.property(fc.constantFrom(1_500, 4_000, 900_000), fc.nat(), fc.nat(), (maxBytes, line, field) => {
        const entries = grown(pruned, maxBytes);
        const index = line % entries.length;
        const entry = entries[index] ?? {};
        const names = Object.keys(entry);
        const changed = { ...entry, [names[field % names.length] ?? '']: 'changed' };
        const read = entries.map((other, at) => (at === index ? changed : other));
        const { entries: left, problem } = readHistory(read.map((one) => `${JSON.stringify(one)}\n`).join(''));
        expect(problem ?? chainProblem(left)).toBeDefined();
      }),
    );
  });

  it('shows that an entry before the last one is missing', () => {
    const entries = grown(
      [1, 2, 3].map((number) => ({ number, served: true })),
      900_000,
    );
    expect(chainProblem(entries.slice(1))).toBe('line 1 (revision telco-2) does not follow on what is before it');
    expect(chainProblem(entries.toSpliced(1, 1))).toBe(
      'line 2 (revision telco-3) does not follow on what is before it',
    );
  });

  it('lets go of reports of what never served first, then shortens, then lists numbers only', () => {
    const pruned = [1, 2, 3, 4, 5].map((number) => ({ number, served: number !== 2 && number !== 3 }));
    const kinds = (maxBytes: number) => grown(pruned, maxBytes).map(({ kind }) => kind);
    expect(kinds(900_000)).toEqual(['Revision', 'Revision', 'Revision', 'Revision', 'Revision']);
    const size = Buffer.byteLength(historyText(grown(pruned, 900_000)));
    expect(kinds(size - 1)).toEqual(['Revision', 'Folded', 'Revision', 'Revision', 'Revision']);
    expect(kinds(2_500)).toContain('Shortened');
    expect(grown(pruned, 700)).toEqual([
      expect.objectContaining({ kind: 'Folded', served: '1,4-5', neverServed: '2-3' }),
    ]);
  });

  it('bounds what a single report takes', () => {
    const message = 'x'.repeat(4_000);
    const [verdict, check] = [rollout.verdicts?.[0], rollout.checks?.[0]];
    const [condition] = bases.neverServed.status?.conditions ?? [];
    const status = {
      observedGeneration: 1,
      training: { attempt: 1, job: 'telco-1-train', reason: 'GateFailed', message },
      conditions: condition === undefined ? [] : [{ ...condition, message: 'x'.repeat(32_000) }],
      rollout: {
        ...{ ...rollout, message },
        verdicts: verdict === undefined ? [] : Array<typeof verdict>(16).fill({ ...verdict, manager: 'x'.repeat(128) }),
        checks: check === undefined ? [] : Array<typeof check>(8).fill(check),
      },
    };
    const entry = historyEntry({ ...bases.neverServed, status }, outgoingHash(undefined), NOW);
    expect(historyText([entry]).length).toBeLessThan(8_000);
  });

  it('tells how a rollout was judged and ended, and who decided', () => {
    const { entries } = readHistory(historyText(append([], { number: 1, served: true })));
    const [failures, flips] = [
      { name: 'failures', verdict: 'Fail', candidate: '0.09', control: '0.01', samples: 900 },
      { name: 'decision-flips', verdict: 'Continue', candidate: '0.01', samples: 900 },
    ];
    expect(entries).toMatchObject([
      {
        rollout: {
          ...{ attempt: 2, stage: 'RolledBack', reason: 'AnalysisFailed', message: 'failures: 9 % of 900 failed' },
          ...{ startTime: time, endTime: time, verdicts: rollout.verdicts, checks: [failures, flips] },
        },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain('xxx');
    expect(chainProblem(entries)).toBeUndefined();
  });

  it('keeps fields that a later release wrote', () => {
    const [entry] = append([], { number: 1, served: true });
    const later = HistoryEntrySchema.parse({ ...entry, drift: { statistic: '0.27' } });
    expect(later['drift']).toEqual({ statistic: '0.27' });
  });

  it.each([
    ['no JSON', '{"kind":'],
    ['an unknown kind', '{"kind":"Later"}'],
  ])('names a line that can not be read: %s', (_, line) => {
    const text = `${historyText(append([], { number: 1, served: true }))}${line}\n`;
    expect(readHistory(text)).toMatchObject({ problem: "line 2 can't be read", entries: [{ name: 'telco-1' }] });
  });
});
