import { createReadStream } from 'node:fs';
import { parse, type Parser } from 'csv-parse';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.js';
import type { CustomerList, ListRow } from './customer-list.js';
import { sniffDelimiter } from './delimiter.js';

const MAX_HEADER_BYTES = 1024 * 1024;

/** What csv-parse hands over with `info: true`. */
const Parsed = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) });

/** A CSV file with a header. @throws UsageError when there is no header or it names a column twice. */
export async function csvList(path: string, bytes: number): Promise<CustomerList> {
  const delimiter = sniffDelimiter(await firstLine(path));
  const columns = await readHeader(path, delimiter);
  let read = () => 0;
  return {
    source: 'Text',
    columns,
    progress: () => read() / Math.max(bytes, 1),
    rows() {
      const file = createReadStream(path);
      read = () => file.bytesRead;
      return csvRows(path, records(file, delimiter), columns);
    },
  };
}

function records(file: NodeJS.ReadableStream, delimiter: string): Parser {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // A quote that is never closed would otherwise swallow the rest of the file into memory.
    max_record_size: MAX_HEADER_BYTES,
  });
  file.on('error', (error: Error) => parser.destroy(error));
  return file.pipe(parser);
}

async function* csvRows(path: string, parser: Parser, columns: readonly string[]): AsyncGenerator<ListRow> {
  let header = true;
  try {
    for await (const parsed of parser) {
      const { record, info } = Parsed.parse(parsed);
      if (!header) yield listRow(record, info.lines, columns);
      header = false;
    }
  } catch (error) {
    throw csvProblem(error, path);
  }
}

function listRow(record: readonly string[], line: number, columns: readonly string[]): ListRow {
  if (record.length !== columns.length) {
    return { line, problem: `it has ${record.length} values, the header names ${columns.length} columns` };
  }
  return { line, cells: Object.fromEntries(columns.map((name, position) => [name, record[position]])) };
}

function csvProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (!code.startsWith('CSV_')) return error;
  const line = 'lines' in error ? ` near line ${String(error.lines)}` : '';
  return new UsageError(`${path} is not valid CSV${line}: a quote is not closed, or a row is longer than 1 MiB.`);
}

async function firstLine(path: string): Promise<string> {
  let text = '';
  for await (const chunk of createReadStream(path, { end: MAX_HEADER_BYTES })) {
    text += String(chunk);
    const end = text.search(/[\r\n]/);
    if (end >= 0) return text.slice(0, end);
  }
  return text;
}

async function readHeader(path: string, delimiter: string): Promise<readonly string[]> {
  const file = createReadStream(path);
  const parser = records(file, delimiter);
  try {
    for await (const parsed of parser) {
      const columns = Parsed.parse(parsed).record.map((name) => name.trim());
      requireUnique(columns, path);
      return columns;
    }
  } catch (error) {
    throw csvProblem(error, path);
  } finally {
    file.destroy();
  }
  throw new UsageError(`${path} is empty: a list needs a header and at least one row.`);
}

function requireUnique(columns: readonly string[], path: string): void {
  const twice = columns.find((name, position) => columns.indexOf(name) !== position);
  if (twice !== undefined) throw new UsageError(`${path} names the column "${twice}" twice in its header.`);
}
