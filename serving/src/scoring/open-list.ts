import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../commands/usage-error.js';
import { csvList } from './csv-list.js';
import type { CustomerList } from './customer-list.js';
import { jsonLinesList } from './json-lines-list.js';

export const listFormats = ['Auto', 'Csv', 'JsonLines'] as const;
export type ListFormat = (typeof listFormats)[number];

/** Opens a list of customers. @throws UsageError when the file can't be read or its format isn't supported. */
export async function openList(path: string, format: ListFormat): Promise<CustomerList> {
  const bytes = await sizeOf(path);
  await refuseBinary(path);
  return formatOf(path, format) === 'Csv' ? csvList(path, bytes) : jsonLinesList(path, bytes);
}

function formatOf(path: string, format: ListFormat): 'Csv' | 'JsonLines' {
  if (format !== 'Auto') return format;
  switch (extname(path).toLowerCase()) {
    case '.csv':
    case '.tsv':
    case '.txt':
      return 'Csv';
    case '.jsonl':
    case '.ndjson':
      return 'JsonLines';
  }
  throw new UsageError(`The format of ${path} is not clear from its name: name it with --format Csv or JsonLines.`);
}

async function sizeOf(path: string): Promise<number> {
  try {
    const file = await stat(path);
    if (file.isFile()) return file.size;
  } catch {
    throw new UsageError(`${path} can't be read: there is no such file, or this user may not read it.`);
  }
  // The list is read twice, for the ranks, which a pipe does not allow.
  throw new UsageError(`${path} is not a regular file: write the list to a file first.`);
}

const unsupported = [
  { magic: Buffer.from('PAR1'), name: 'a Parquet file' },
  { magic: Buffer.from([0x1f, 0x8b]), name: 'a gzip file' },
  { magic: Buffer.from('PK\u0003\u0004', 'latin1'), name: 'a zip archive or a spreadsheet' },
] as const;

async function refuseBinary(path: string): Promise<void> {
  const file = await openForReading(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead);
    const found = unsupported.find(({ magic }) => start.subarray(0, magic.length).equals(magic));
    if (found !== undefined) {
      throw new UsageError(`${path} is ${found.name}, which score does not read: convert it to CSV or JSON lines.`);
    }
  } finally {
    await file.close();
  }
}

async function openForReading(path: string) {
  try {
    return await open(path);
  } catch {
    throw new UsageError(`${path} can't be read by this user.`);
  }
}
