import type { HistoryEntry, RolloutReport } from '@churnops/crds';
import { chainProblem, isListed, outgoingHash } from '../decide/history-chain.js';
import { rolloutReport } from '../decide/history-entry.js';
import { readRanges } from '../decide/number-ranges.js';
import type { Revision } from '../world.js';
import { textTable } from './text-table.js';

/** A revision, or several whose reports were dropped: what `churnops history --output json` prints of it. */
export interface ReportedRevision {
  /** As `7`, or `1-4,6`. */
  readonly number: string;
  readonly revision?: string | undefined;
  readonly trigger?: string | undefined;
  readonly rocAuc?: string | undefined;
  readonly artifactSha256?: string | undefined;
  readonly trainedTime?: string | undefined;
  readonly promotedTime?: string | undefined;
  readonly retiredTime?: string | undefined;
  /** Undefined for a revision that is still there. */
  readonly prunedTime?: string | undefined;
  readonly served: boolean;
  /** Undefined where there was none, or its report was shortened. */
  readonly rollout?: RolloutReport | undefined;
  /** Why it ended, or what it does. */
  readonly ended: string;
}

export interface HistoryReport {
  /** Oldest first. */
  readonly revisions: readonly ReportedRevision[];
  readonly chain: {
    readonly entries: number;
    /** The hash that the next entry will name. */
    readonly head: string;
    /** Undefined when the chain is whole. */
    readonly problem?: string | undefined;
  };
}

interface Stored {
  readonly entries: readonly HistoryEntry[];
  /** What can't be read. */
  readonly problem: string | undefined;
}

/** Deleted revisions, as their reports tell, and those that are still there, as one list. */
export function historyReport({ entries, problem }: Stored, live: readonly Revision[]): HistoryReport {
  const there = live.filter(({ spec }) => !isListed(entries, spec.number));
  const listed = [...entries.flatMap(fromEntry), ...there.map(fromRevision)];
  const revisions = listed.toSorted((a, b) => firstNumber(a) - firstNumber(b));
  return {
    revisions: revisions.map((revision, index) => ({
      ...revision,
      ended: revision.ended === '' ? endOf(revision, revisions.slice(index + 1)) : revision.ended,
    })),
    chain: { entries: entries.length, head: outgoingHash(entries.at(-1)), problem: problem ?? chainProblem(entries) },
  };
}

const header = ['NUMBER', 'TRIGGER', 'AUC', 'ARTIFACT', 'TRAINED', 'PROMOTED', 'RETIRED', 'ENDED'];
const MAX_CELL = 80;

/** The report as columns for people. Times are UTC. */
export function reportTable({ revisions }: HistoryReport): string {
  const rows = revisions.map((row) => [
    row.number,
    row.trigger ?? '',
    row.rocAuc ?? '',
    row.artifactSha256?.slice(0, 12) ?? '',
    seconds(row.trainedTime),
    seconds(row.promotedTime),
    seconds(row.retiredTime),
    row.ended.length > MAX_CELL ? `${row.ended.slice(0, MAX_CELL - 3)}...` : row.ended,
  ]);
  return textTable(header, rows);
}

function fromEntry(entry: HistoryEntry): readonly ReportedRevision[] {
  switch (entry.kind) {
    case 'Revision': {
      const { name: revision, trigger, promotedTime, retiredTime, prunedTime, served } = entry;
      const shared = { number: String(entry.number), revision, trigger, promotedTime, retiredTime, prunedTime, served };
      return [{ ...shared, ...resultOf(entry), rollout: entry.rollout, ended: failureOf(entry) }];
    }
    case 'Shortened': {
      const { name: revision, trigger, rocAuc, artifactSha256, promotedTime, retiredTime, prunedTime } = entry;
      const known = { revision, trigger, rocAuc, artifactSha256, promotedTime, retiredTime, prunedTime };
      return [{ number: String(entry.number), ...known, served: true, ended: '' }];
    }
    case 'Folded':
      return [folded(entry, entry.served, true), folded(entry, entry.neverServed, false)].flat();
  }
}

function folded(
  { lastPrunedTime: prunedTime }: Extract<HistoryEntry, { kind: 'Folded' }>,
  number: string,
  served: boolean,
): readonly ReportedRevision[] {
  if (number === '') return [];
  const ended = `${served ? 'Served' : 'Never served'}; reports were dropped to save room`;
  return [{ number, prunedTime, served, ended }];
}

function fromRevision({ name, spec, status = { observedGeneration: 0 } }: Revision): ReportedRevision {
  const { promotedTime, retiredTime, stage = 'Pending' } = status;
  const shared = { number: String(spec.number), revision: name, trigger: spec.trigger, promotedTime, retiredTime };
  const failure = failureOf(status);
  const isOver = ['Rejected', 'Retired'].includes(stage);
  const ended = failure === '' && !isOver ? stage : failure;
  const rollout = status.rollout && rolloutReport(status.rollout);
  return { ...shared, ...resultOf(status), served: promotedTime !== undefined, rollout, ended };
}

type Reason = { readonly reason?: string | undefined; readonly message?: string | undefined };

interface Failing {
  readonly training?: Reason | undefined;
  readonly rollout?: (Reason & { readonly stage: string }) | undefined;
}

type Result = Pick<NonNullable<Revision['status']>, 'metrics' | 'artifact' | 'training'>;

function resultOf({ metrics, artifact, training }: Result) {
  const trainedTime = artifact === undefined ? undefined : training?.completionTime;
  return { rocAuc: metrics?.['RocAUC'], artifactSha256: artifact?.sha256, trainedTime };
}

/** Why its training or its rollout failed; empty when neither did. */
function failureOf({ training, rollout }: Failing): string {
  const failed = rollout?.stage === 'RolledBack' ? rollout : training;
  const { reason, message = '' } = failed ?? {};
  return reason === undefined ? '' : `${reason}: ${message}`;
}

/** Why a revision ended that did not fail: another one took its place. */
function endOf({ served }: ReportedRevision, later: readonly ReportedRevision[]): string {
  if (!served) return 'Another revision was wanted before it served';
  const successor = later.find(({ promotedTime }) => promotedTime !== undefined)?.revision;
  return successor === undefined ? 'Another revision took over' : `${successor} took over`;
}

function firstNumber({ number }: ReportedRevision): number {
  return readRanges(number)[0]?.[0] ?? 0;
}

function seconds(time: string | undefined): string {
  return time?.replace(/\.[0-9]+Z$/, 'Z') ?? '';
}
