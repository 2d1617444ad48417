import { HISTORY_START, HistoryEntry } from '@churnops/crds';
import { contentHash } from './names.js';
import { readRanges } from './number-ranges.js';
import type { NumberRange } from './number-ranges.js';

/** An entry with its hash: SHA-256 over its content, which names the hash of the entry before. */
export function sealed<T extends { readonly previous: string }>(content: T): T & { readonly sha256: string } {
  return { ...content, sha256: contentHash(content) };
}

/** What the entry after this one names as `previous`; of no entry, what the first one names. */
export function outgoingHash(entry: HistoryEntry | undefined): string {
  return entry?.carries ?? entry?.sha256 ?? HISTORY_START;
}

/** Where the chain is broken first, in a sentence; undefined when it is whole. */
export function chainProblem(entries: readonly HistoryEntry[]): string | undefined {
  for (const [index, entry] of entries.entries()) {
    const { sha256, ...content } = entry;
    const place = `line ${index + 1} (${titleOf(entry)})`;
    if (contentHash(content) !== sha256) return `${place} does not have the content that its hash was made of`;
    if (entry.previous !== outgoingHash(entries[index - 1])) return `${place} does not follow on what is before it`;
  }
  return undefined;
}

/** The text that is stored: an entry a line. */
export function historyText(entries: readonly HistoryEntry[]): string {
  return entries.map(lineOf).join('');
}

/** One entry as it is stored. */
export function lineOf(entry: HistoryEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** The entries of a stored text. `problem` says which line can't be read; the entries are those of the lines that can. */
export function readHistory(text: string): { entries: readonly HistoryEntry[]; problem: string | undefined } {
  const lines = text.split('\n').filter((line) => line !== '');
  const read = lines.map(readLine);
  const unreadable = read.indexOf(undefined);
  return {
    entries: read.filter((entry) => entry !== undefined),
    problem: unreadable === -1 ? undefined : `line ${unreadable + 1} can't be read`,
  };
}

/** The numbers of the revisions that an entry speaks of. */
export function numbersOf(entry: HistoryEntry): {
  served: readonly NumberRange[];
  neverServed: readonly NumberRange[];
} {
  switch (entry.kind) {
    case 'Revision':
      return entry.served ? { served: only(entry), neverServed: [] } : { served: [], neverServed: only(entry) };
    case 'Shortened':
      return { served: only(entry), neverServed: [] };
    case 'Folded':
      return { served: readRanges(entry.served), neverServed: readRanges(entry.neverServed) };
  }
}

/** Whether the history speaks of the revision with this number. */
export function isListed(entries: readonly HistoryEntry[], number: number): boolean {
  return entries.some((entry) => allNumbers(entry).some(([first, last]) => first <= number && number <= last));
}

/** The highest number in the history; 0 when it is empty. */
export function highestListed(entries: readonly HistoryEntry[]): number {
  return Math.max(0, ...entries.flatMap(allNumbers).map(([, last]) => last));
}

function allNumbers(entry: HistoryEntry): readonly NumberRange[] {
  const { served, neverServed } = numbersOf(entry);
  return [...served, ...neverServed];
}

function only({ number }: { readonly number: number }): readonly NumberRange[] {
  return [[number, number]];
}

function titleOf(entry: HistoryEntry): string {
  return entry.kind === 'Folded' ? 'which stands for several revisions' : `revision ${entry.name}`;
}

function readLine(line: string): HistoryEntry | undefined {
  try {
    return HistoryEntry.safeParse(JSON.parse(line)).data;
  } catch {
    // Not JSON: told like what does not fit the schema.
    return undefined;
  }
}
