import type { CellValue, TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import { encodeTable } from '../features/encode.js';
import { inferFeatures, withoutFeatures, type InferredFeatures } from '../features/infer-features.js';
import { judgeColumns } from '../leak/judge-columns.js';
import { readSplitFile } from '../split/read-split-file.js';
import { rowContents, type RowContents } from '../split/row-contents.js';
import { splitRows, type Split } from '../split/split-rows.js';
import { cellCodes, type CellCodes } from './cell-codes.js';
import { countRepeats, dataReport } from './data-report.js';
import type { LocalTable, PreparedData } from './prepared-data.js';
import { readTable } from './read-table.js';
import { cellAt, pickRows, type Column, type Table } from './table.js';
import { readTarget } from './target.js';

/**
 * Reads, checks, profiles, encodes and splits a table.
 *
 * @param splitFile CSV with the columns `row` and `split` that overrides the split by hash
 * @throws TrainingProblem (DataInvalid) that names the column or file
 */
export async function prepareData(source: LocalTable, input: TrainingInput, splitFile?: string): Promise<PreparedData> {
  const whole = await readTable(source);
  const { target, rows, labels, excludedRows, warnings } = readTarget(whole, input.data);
  const table = pickRows(whole, rows);
  const keys = readKeys(table, input.data.entityKey);
  const { inferred, judged, grouped } = screen(table, input, { labels, entities: keys.entities });
  const { contents, split } = grouped;
  const given = splitFile === undefined ? undefined : await readSplitFile(splitFile, whole.rows);
  const side = given === undefined ? split.side : Uint8Array.from(rows, (row) => given[row] ?? 0);
  checkSides(labels, { side, fold: split.fold });
  return {
    identity: identityOf(source),
    columns: inferred.columns,
    features: inferred.features,
    target,
    ...(input.data.entityKey !== undefined && { entityKey: input.data.entityKey }),
    rows: table.rows,
    excludedRows,
    duplicateRows: table.rows - contents.count,
    width: inferred.width,
    matrix: encodeTable(table, inferred.features, inferred.width),
    labels,
    side,
    fold: split.fold,
    warnings: [
      ...warnings,
      ...inferred.warnings,
      ...keys.warnings,
      ...(given === undefined ? [] : straddling(contents, side)),
    ],
    report: dataReport({
      table,
      shapes: inferred.shapes,
      judged,
      labels,
      repeatedRows: countRepeats(contents, labels, keys.entities),
    }),
    rawRow: rowReader(table, input.data.label),
  };
}

function identityOf({ uri, format, files, bytes, sha256, etag }: LocalTable): PreparedData['identity'] {
  return { uri, format, ...(files !== undefined && { files }), bytes, sha256, ...(etag !== undefined && { etag }) };
}

interface Known {
  readonly labels: Float32Array;
  readonly entities: EntityKeys['entities'];
}

/** Infers the features, takes those away that give the label away, and groups and splits the rows by what is left. */
function screen(table: Table, input: TrainingInput, { labels, entities }: Known) {
  const all = inferFeatures(table, input);
  const first = groupAndSplit(table, all, entities);
  const judged = judgeColumns(table, all.features, { labels, fold: first.split.fold }, input.leakPolicy);
  const inferred = withoutFeatures(all, judged.excluded);
  // Rows that only a leak told apart are duplicates now.
  const grouped = inferred === all ? first : groupAndSplit(table, inferred, entities);
  return { inferred, judged, grouped };
}

function groupAndSplit(table: Table, { features }: InferredFeatures, entities: EntityKeys['entities']) {
  const contents = rowContents(table, features);
  return { contents, split: splitRows(contents, entities) };
}

interface EntityKeys {
  readonly entities?: CellCodes | undefined;
  readonly warnings: readonly string[];
}

function readKeys(table: Table, entityKey: string | undefined): EntityKeys {
  const column = table.columns.find(({ name }) => name === entityKey);
  if (column === undefined) return { warnings: [] };
  const entities = cellCodes(column);
  const blank = entities.codes.reduce((count, code) => count + (code === -1 ? 1 : 0), 0);
  const warnings = blank === 0 ? [] : [`${blank} rows have no value in entityKey column "${column.name}".`];
  return { entities, warnings };
}

/** A side or fold without leavers, or without stayers, can neither teach nor judge. */
function checkSides(labels: Float32Array, { side, fold }: Split): void {
  const places = ['test part', 'fold 1', 'fold 2', 'fold 3', 'fold 4', 'fold 5'];
  const found = places.map(() => new Set<number>());
  const placeOf = (row: number) => (side[row] === 1 ? 0 : 1 + (fold[row] ?? 0));
  for (const [row, label] of labels.entries()) found[placeOf(row)]?.add(label);
  for (const [place, classes] of found.entries()) {
    if (classes.size === 2) continue;
    throw dataInvalid(
      `The ${places[place] ?? ''} of the table has no rows of ${classes.size === 0 ? 'either' : 'one'} class: ` +
        'there are too few rows that differ in their features, or the split leaves one class out.',
    );
  }
}

/** Only a given split can part duplicates: they are reported, not moved. */
function straddling({ contentOf, count }: RowContents, side: Uint8Array): string[] {
  const development = new Uint8Array(count);
  for (const [row, content] of contentOf.entries()) if (side[row] === 0) development[content] = 1;
  const parted = contentOf.filter((content, row) => side[row] === 1 && development[content] === 1).length;
  if (parted === 0) return [];
  return [`${parted} test rows have the same features as a development row: the split file parts duplicates.`];
}

function rowReader(table: Table, label: string): (index: number) => Record<string, CellValue> {
  const columns = table.columns.filter((column: Column) => column.name !== label);
  return (index) => {
    if (index < 0 || index >= table.rows) throw new RangeError(`The table has no row ${index}`);
    return Object.fromEntries(columns.map((column) => [column.name, cellAt(column, index)]));
  };
}
