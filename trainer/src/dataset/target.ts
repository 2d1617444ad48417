import type { TrainingInput } from '@churnops/crds';
import { dataInvalid, dataRefused } from '../failure.js';
import { parseDecimal } from '../features/cell-encoder.js';
import { suggestion } from './nearest-name.js';
import type { Target } from './prepared-data.js';
import { cellCodes, countCodes } from './cell-codes.js';
import type { Column, Table } from './table.js';

const MIN_ROWS = 200;
const MIN_POSITIVES = 20;
const MAX_SHOWN_CLASSES = 20;
const truthy = new Set(['1', 'true', 'yes', 'y', 't']);

export interface LabelledRows {
  readonly target: Target;
  /** Indices of the rows used, in the table's order. */
  readonly rows: Uint32Array;
  /** Of those rows: 1 for a leaver, 0 else. */
  readonly labels: Float32Array;
  readonly excludedRows: number;
  readonly warnings: readonly string[];
}

type LabelInput = Pick<TrainingInput['data'], 'label' | 'positiveLabel' | 'excludeLabels'>;

/**
 * Finds who left. Rows with a blank label or one of `excludeLabels` are left out and counted.
 *
 * @throws TrainingProblem (DataInvalid) that names the column and the classes found.
 */
export function readTarget(table: Table, input: LabelInput): LabelledRows {
  const column = labelColumn(table, input.label);
  const excluded = (text: string) => input.excludeLabels.some((label) => sameLabel(label, text));
  const { codes, texts } = cellCodes(column);
  const isUsed = texts.map((text) => !excluded(text));
  const rows = Uint32Array.from(codes.keys()).filter((row) => isUsed[codes[row] ?? -1] === true);
  const used = Int32Array.from(rows, (row) => codes[row] ?? -1);
  const positiveLabel = findPositive(input, classesOf(texts, used));
  const positive = texts.indexOf(positiveLabel);
  const labels = Float32Array.from(used, (code) => (code === positive ? 1 : 0));
  checkSize(labels, input.label, positiveLabel);
  return {
    target: { label: input.label, positiveLabel, excludeLabels: input.excludeLabels },
    rows,
    labels,
    excludedRows: table.rows - rows.length,
    warnings: warn(texts, input, codes.filter((code) => code === -1).length),
  };
}

function labelColumn(table: Table, label: string): Column {
  const column = table.columns.find(({ name }) => name === label);
  if (column !== undefined) return column;
  const names = table.columns.map(({ name }) => name);
  throw dataInvalid(`The table has no column "${label}" to be the label${suggestion(label, names)}.`);
}

/** `1` and `1.0` are the same label, whichever of the two the table and the user write. */
function sameLabel(left: string, right: string): boolean {
  const [one, other] = [left.trim(), right.trim()];
  if (one === other) return true;
  const number = parseDecimal(one);
  return number !== undefined && number === parseDecimal(other);
}

/** Distinct labels with their counts, the most frequent first. */
function classesOf(texts: readonly string[], codes: Int32Array): string[] {
  const counts = countCodes(codes, texts.length);
  const found = texts.map((text, code) => ({ text, count: counts[code] ?? 0 })).filter(({ count }) => count > 0);
  return found.sort((left, right) => right.count - left.count).map(({ text }) => text);
}

function findPositive({ label, positiveLabel }: LabelInput, classes: readonly string[]): string {
  const found = `Label column "${label}" has ${describe(classes)}`;
  if (classes.length === 0) throw dataInvalid(`${found}: there is nothing to learn from.`);
  if (classes.length === 1) {
    throw dataInvalid(`${found}: both customers who left and who stayed are needed.`);
  }
  return positiveLabel === undefined ? likelyPositive(classes, found) : namedPositive(classes, positiveLabel, found);
}

function namedPositive(classes: readonly string[], positiveLabel: string, found: string): string {
  const named = classes.find((text) => sameLabel(text, positiveLabel)) ?? foldedMatch(classes, positiveLabel);
  if (named !== undefined) return named;
  throw dataInvalid(`${found}, but not positiveLabel "${positiveLabel}"${suggestion(positiveLabel, classes)}.`);
}

function likelyPositive(classes: readonly string[], found: string): string {
  const likely = classes.filter((text) => truthy.has(text.toLowerCase()));
  if (classes.length === 2 && likely[0] !== undefined && likely.length === 1) return likely[0];
  throw dataInvalid(`${found}: say with positiveLabel which of them means that the customer left.`);
}

/** `True` names `true`, as long as no other class is spelled alike. */
function foldedMatch(classes: readonly string[], positiveLabel: string): string | undefined {
  const alike = classes.filter((text) => text.toLowerCase() === positiveLabel.trim().toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

function describe(classes: readonly string[]): string {
  if (classes.length === 0) return 'no values';
  const shown = classes.slice(0, 5).map((text) => `"${text.length > 40 ? `${text.slice(0, 40)}...` : text}"`);
  // A column of names or numbers was taken for the label by mistake: what it holds is nothing for a log.
  if (classes.length > MAX_SHOWN_CLASSES) return `${classes.length} different values, too many to be a label`;
  const rest = classes.length > shown.length ? ', ...' : '';
  const noun = classes.length === 1 ? 'only one class' : `${classes.length} classes`;
  return `${noun} (${shown.join(', ')}${rest})`;
}

function checkSize(labels: Float32Array, label: string, positiveLabel: string): void {
  if (labels.length < MIN_ROWS) {
    throw dataRefused(
      'TooFewRows',
      `The table has ${labels.length} rows with a label in "${label}"; at least ${MIN_ROWS} are needed.`,
    );
  }
  const positives = labels.reduce((sum, each) => sum + each, 0);
  const scarce = Math.min(positives, labels.length - positives);
  if (scarce >= MIN_POSITIVES) return;
  const who = scarce === positives ? `with "${positiveLabel}"` : `without "${positiveLabel}"`;
  throw dataRefused(
    'TooFewRows',
    `Label column "${label}" has ${scarce} rows ${who}; at least ${MIN_POSITIVES} are needed.`,
  );
}

function warn(present: readonly string[], input: LabelInput, blank: number): string[] {
  const warnings: string[] = [];
  if (blank > 0) warnings.push(`${blank} rows have no value in label column "${input.label}" and are left out.`);
  for (const label of input.excludeLabels) {
    if (present.some((text) => sameLabel(label, text))) continue;
    warnings.push(`No row has "${label}" of excludeLabels in label column "${input.label}".`);
  }
  return warnings;
}
