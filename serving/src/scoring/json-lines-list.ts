import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
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

async function* jsonRows(file: NodeJS.ReadableStream): AsyncGenerator<ListRow> {
  let line = 0;
  for await (const text of createInterface({ input: file, crlfDelay: Infinity })) {
    line += 1;
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (content.trim() !== '') yield jsonRow(content, line);
  }
}

function jsonRow(text: string, line: number): ListRow {
  try {
    const row = Row.safeParse(JSON.parse(text));
    return row.success ? { line, cells: row.data } : { line, problem: 'it is not a JSON object' };
  } catch {
    return { line, problem: 'it is not valid JSON' };
  }
}
