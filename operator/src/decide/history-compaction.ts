import type { HistoryEntry } from '@churnops/crds';
import { lineOf, numbersOf, outgoingHash, sealed } from './history-chain.js';
import { rangesText } from './number-ranges.js';

type Entries = readonly HistoryEntry[];

/**
 * The entries, made smaller until their text takes at most so many bytes: first the reports of revisions that never served go,
 * oldest first, then reports of the others are shortened, oldest first, then the oldest entries become one that lists their
 * numbers. So every revision that served stays listed, and the chain can still be followed: an entry that stands for others
 * carries the hash on that the last of them had.
 */
export function fitted(entries: Entries, maxBytes: number): Entries {
  let result = entries;
  let size = totalBytes(result);
  while (size > maxBytes) {
    const smaller = compactedOnce(result);
    if (smaller === undefined) return result;
    result = smaller;
    size = totalBytes(result);
  }
  return result;
}

function totalBytes(entries: Entries): number {
  return entries.reduce((sum, entry) => sum + Buffer.byteLength(lineOf(entry)), 0);
}

/** The next step of getting smaller; undefined when there is none. */
function compactedOnce(entries: Entries): Entries | undefined {
  const unserved = entries.findIndex((entry) => entry.kind === 'Revision' && !entry.served);
  if (unserved !== -1) return foldedAt(entries, unserved);
  const [served] = entries.filter((entry) => entry.kind === 'Revision');
  if (served !== undefined) return entries.map((entry) => (entry === served ? shortened(served) : entry));
  return entries.length < 2 ? undefined : replaced(entries, 0, 2);
}

/** Folds the entry, together with folded ones on both sides. */
function foldedAt(entries: Entries, index: number): Entries {
  const first = entries[index - 1]?.kind === 'Folded' ? index - 1 : index;
  const end = entries[index + 1]?.kind === 'Folded' ? index + 2 : index + 1;
  return replaced(entries, first, end);
}

function replaced(entries: Entries, first: number, end: number): Entries {
  const folded = fold(entries.slice(first, end));
  return [...entries.slice(0, first), ...folded, ...entries.slice(end)];
}

function fold(entries: Entries): Entries {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return [];
  const numbers = entries.map(numbersOf);
  return [
    sealed({
      kind: 'Folded' as const,
      served: rangesText(numbers.flatMap(({ served }) => served)),
      neverServed: rangesText(numbers.flatMap(({ neverServed }) => neverServed)),
      firstPrunedTime: first.kind === 'Folded' ? first.firstPrunedTime : first.prunedTime,
      lastPrunedTime: last.kind === 'Folded' ? last.lastPrunedTime : last.prunedTime,
      previous: first.previous,
      carries: outgoingHash(last),
    }),
  ];
}

function shortened(entry: Extract<HistoryEntry, { kind: 'Revision' }>): HistoryEntry {
  const { name, number, trigger, artifact, metrics, promotedTime, retiredTime, prunedTime, previous } = entry;
  const rocAuc = metrics?.['RocAUC'];
  return sealed({
    kind: 'Shortened' as const,
    name,
    number,
    trigger,
    ...(artifact === undefined ? {} : { artifactSha256: artifact.sha256 }),
    ...(rocAuc === undefined ? {} : { rocAuc }),
    ...(promotedTime === undefined ? {} : { promotedTime }),
    ...(retiredTime === undefined ? {} : { retiredTime }),
    prunedTime,
    previous,
    carries: outgoingHash(entry),
  });
}
