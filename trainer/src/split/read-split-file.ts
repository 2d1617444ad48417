import { readTable } from '../dataset/read-table.js';
import { textAt, type Column, type Table } from '../dataset/table.js';
import { dataInvalid } from '../failure.js';
import { fileExists } from '../dataset/fetch-local.js';

const sides: Readonly<Record<string, number>> = { train: 0, development: 0, test: 1 };

/**
 * Reads which side each row of the table is on: 0 development, 1 test. The file is CSV with a line per row: `row`, from 0,
 * and `split`, `train` or `test`.
 *
 * @param tableRows rows of the whole table, those left out included
 */
export async function readSplitFile(path: string, tableRows: number): Promise<Uint8Array> {
  const file = `Split file ${path}`;
  if (!(await fileExists(path))) throw dataInvalid(`${file} does not exist.`);
  const table = await readTable({ parts: [{ path, name: file }], format: 'Csv', uri: file });
  const [rowColumn, splitColumn] = [column(table, 'row', file), column(table, 'split', file)];
  if (table.rows !== tableRows) {
    throw dataInvalid(`${file} has ${table.rows} rows, but the table has ${tableRows}: it belongs to another table.`);
  }
  const side = new Uint8Array(tableRows);
  const seen = new Uint8Array(tableRows);
  for (let line = 0; line < table.rows; line += 1) {
    const row = Number(textAt(rowColumn, line));
    const place = sides[textAt(splitColumn, line) ?? ''];
    if (place === undefined) throw dataInvalid(`${file} has a split other than train or test in line ${line + 2}.`);
    if (seen[row] !== 0) throw dataInvalid(`${file} has no new row from 0 to ${tableRows - 1} in line ${line + 2}.`);
    side[row] = place;
    seen[row] = 1;
  }
  return side;
}

function column(table: Table, name: string, file: string): Column {
  const found = table.columns.find((each) => each.name === name);
  if (found === undefined) throw dataInvalid(`${file} has no column "${name}"; it needs the columns row and split.`);
  return found;
}
