import { open } from 'node:fs/promises';
import { dataInvalid } from '../failure.js';

/** A header longer than this is no header. */
const MAX_HEADER_BYTES = 1024 * 1024;

export interface CsvHeader {
  readonly delimiter: string;
  readonly names: readonly string[];
}

/**
 * Reads the first record of a CSV file. The delimiter is the one of `, ; | TAB` that the header has most often.
 * Names are as the file spells them; DuckDB would rename what differs in case only.
 */
export async function readCsvHeader(path: string, file: string): Promise<CsvHeader> {
  const record = firstRecord(await readStart(path, file));
  if (record.trim() === '') throw dataInvalid(`${file} has no header: line 1 is blank.`);
  const delimiter = sniffDelimiter(record);
  return { delimiter, names: splitRecord(record, delimiter) };
}

async function readStart(path: string, file: string): Promise<string> {
  const handle = await open(path);
  try {
    const buffer = Buffer.alloc(MAX_HEADER_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, MAX_HEADER_BYTES, 0);
    // The read may end inside a letter; what follows the last newline is not needed then.
    const end = bytesRead < MAX_HEADER_BYTES ? bytesRead : buffer.lastIndexOf(0x0a, bytesRead - 1);
    if (end <= 0) throw dataInvalid(`${file} has a first line of more than 1 MiB: it is not a CSV file with a header.`);
    return decodeHeader(buffer.subarray(0, end), file);
  } finally {
    await handle.close();
  }
}

function decodeHeader(bytes: Buffer, file: string): string {
  const newline = bytes.indexOf(0x0a);
  if (bytes.subarray(0, newline === -1 ? bytes.length : newline).includes(0)) {
    throw dataInvalid(`${file} is not UTF-8 text: line 1 holds zero bytes. Save it as CSV in UTF-8.`);
  }
  const line = newline === -1 ? bytes : bytes.subarray(0, newline);
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch (cause) {
    throw dataInvalid(`${file} is not UTF-8 text in line 1. Save it as CSV in UTF-8.`, cause);
  }
  return new TextDecoder('utf-8').decode(bytes);
}

/** Up to the first line end outside quotes. */
function firstRecord(text: string): string {
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (letter === '"') quoted = !quoted;
    if (!quoted && (letter === '\n' || letter === '\r')) return text.slice(0, index);
  }
  return text;
}

function sniffDelimiter(record: string): string {
  const bare = record.replaceAll(/"(?:[^"]|"")*"/g, '');
  let best = ',';
  let most = 0;
  for (const candidate of [',', ';', '\t', '|']) {
    const count = bare.split(candidate).length - 1;
    if (count <= most) continue;
    most = count;
    best = candidate;
  }
  return best;
}

function splitRecord(record: string, delimiter: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  let before = '';
  for (const letter of record) {
    if (letter === '"') {
      // A doubled quote inside quotes stands for one: it opens again what the first of the two closed.
      if (!quoted && before === '"') name += '"';
      quoted = !quoted;
    } else if (letter === delimiter && !quoted) {
      names.push(name);
      name = '';
    } else {
      name += letter;
    }
    before = letter;
  }
  return [...names, name];
}
