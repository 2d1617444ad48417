import { createReadStream } from 'node:fs';
import { z } from 'zod';
import type { CustomerList, ListRow } from './customer-list.js';

const Row = z.record(z.string(), z.unknown());

/** A file with one JSON object a line. Empty lines are skipped. */
export function jsonLinesList(path: string, bytes: number): CustomerList {
  let read = () => 0;
  return {
    source: 'Json',
    columns: undefined,
    progress: () => read() / Math.max(bytes, 1),
    rows() {
      const file = createReadStream(path, 'utf8');
      read = () => file.bytesRead;
      return jsonRows(file);
    },
  };
}

async function* jsonRows(file: AsyncIterable<unknown>): AsyncGenerator<ListRow> {
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text === undefined) yield { line, problem: 'it is longer than 1 MiB' };
    else if (text.trim() !== '') yield jsonRow(line === 1 ? text.replace(/^\uFEFF/, '') : text, line);
  }
}

const MAX_LINE_LENGTH = 1024 * 1024;

/**
 * The lines of a text; undefined for one that is longer than any row, which is never held whole. Not `readline`: it also
 * breaks lines at U+2028, which JSON allows inside of a text.
 */
async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string | undefined> {
  let rest: string | undefined = '';
  for await (const chunk of chunks) {
    const [end = '', ...begun] = String(chunk).split('\n');
    rest = lengthen(rest, end);
    for (const text of begun) {
      yield rest;
      rest = text;
    }
  }
  if (rest !== '') yield rest;
}

function lengthen(line: string | undefined, more: string): string | undefined {
  return line === undefined || line.length + more.length > MAX_LINE_LENGTH ? undefined : line + more;
}

function jsonRow(text: string, line: number): ListRow {
  try {
    const row = Row.safeParse(JSON.parse(text));
    return row.success ? { line, cells: row.data } : { line, problem: 'it is not a JSON object' };
  } catch {
    return { line, problem: 'it is not valid JSON' };
  }
}
