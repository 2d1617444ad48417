import type { Encoding, Feature, FeatureOverride, TableColumn, TrainingInput } from '@churnops/crds';
import { suggestion } from '../dataset/nearest-name.js';
import type { Column, Table } from '../dataset/table.js';
import { dataInvalid } from '../failure.js';
import { parseDays, parseDecimal } from './cell-encoder.js';
import { numbersOf } from './numbers-of.js';
import { profileColumn, type Profile } from './profile.js';

/** Up to this many categories get a column each. */
const MAX_ONE_HOT = 16;
/** So many of the most frequent categories keep a code of their own. */
const MAX_CODES = 255;
const MAX_KEY_SHARE = 0.95;
const MAX_TEXT_SHARE = 0.5;

type FeatureType = Feature['type'];

export interface InferredFeatures {
  readonly columns: readonly TableColumn[];
  readonly features: readonly Feature[];
  /** Columns of the matrix. */
  readonly width: number;
  readonly warnings: readonly string[];
  /** Of every column that was looked at: keys, labels and excluded columns are not. */
  readonly shapes: ReadonlyMap<string, ColumnShape>;
}

/** What is told of a column's values. */
export interface ColumnShape {
  readonly missingShare: number;
  /** Distinct values, missing not counted. */
  readonly distinct: number;
}

/**
 * Gives every column a role, and every feature a type and an encoding. `table` holds the used rows only.
 *
 * @throws TrainingProblem (DataInvalid) when the input names a column that is not there, or when no feature is left.
 */
export function inferFeatures(table: Table, input: TrainingInput): InferredFeatures {
  checkNames(table, input);
  const columns: TableColumn[] = [];
  const features: Feature[] = [];
  const warnings: string[] = [];
  const shapes = new Map<string, ColumnShape>();
  let width = 0;
  for (const column of table.columns) {
    const override = input.features.find(({ name }) => name === column.name);
    const judged = fixedRole(column, input) ?? judge(column, table.rows, override);
    const { name, storedAs } = column;
    if (judged.profile !== undefined) shapes.set(name, shapeOf(judged.profile));
    if (judged.role === 'Feature') {
      const feature = buildFeature(column, judged, { offset: width, override });
      features.push(feature);
      width += feature.width;
      columns.push({ name, storedAs, role: 'Feature', reason: '' });
    } else {
      columns.push({ name, storedAs, role: judged.role, reason: judged.reason });
      if (judged.role === 'Dropped') warnings.push(`Column "${name}" is not used: ${judged.reason}.`);
    }
  }
  if (features.length === 0) throw noFeature();
  return { columns, features, width, warnings, shapes };
}

/**
 * The same without some of the features, which are dropped for the given reasons.
 *
 * @param reasons by name of the column
 * @throws TrainingProblem (DataInvalid) when no feature is left.
 */
export function withoutFeatures(inferred: InferredFeatures, reasons: ReadonlyMap<string, string>): InferredFeatures {
  if (reasons.size === 0) return inferred;
  const features: Feature[] = [];
  let width = 0;
  for (const feature of inferred.features) {
    if (reasons.has(feature.name)) continue;
    features.push({ ...feature, offset: width });
    width += feature.width;
  }
  if (features.length === 0) throw noFeature();
  const columns = inferred.columns.map((column): TableColumn => {
    const reason = reasons.get(column.name);
    return reason === undefined ? column : { ...column, role: 'Dropped', reason };
  });
  return { ...inferred, columns, features, width };
}

function shapeOf({ missing, rows, distinct }: Profile): ColumnShape {
  return { missingShare: missing / rows, distinct };
}

function noFeature(): Error {
  return dataInvalid('No column of the table can be a feature: see which were left out and why.');
}

type Judged =
  | { readonly role: 'Feature'; readonly type: FeatureType; readonly profile: Profile }
  | { readonly role: Exclude<TableColumn['role'], 'Feature'>; readonly reason: string; readonly profile?: Profile };

function fixedRole({ name }: Column, { data }: TrainingInput): Judged | undefined {
  if (name === data.label) return { role: 'Label', reason: 'it is the label' };
  if (name === data.entityKey) return { role: 'EntityKey', reason: 'it names the customer' };
  if (data.excludeColumns.includes(name)) return { role: 'Excluded', reason: 'it is listed in excludeColumns' };
  return undefined;
}

function checkNames(table: Table, { data, features }: TrainingInput): void {
  const names = table.columns.map(({ name }) => name);
  const named = [
    ...(data.entityKey === undefined ? [] : [{ where: 'entityKey', name: data.entityKey }]),
    ...data.excludeColumns.map((name) => ({ where: 'excludeColumns', name })),
    ...features.map(({ name }) => ({ where: 'features', name })),
  ];
  for (const { where, name } of named) {
    if (!names.includes(name)) {
      throw dataInvalid(`The table has no column "${name}", which ${where} names${suggestion(name, names)}.`);
    }
    if (name === data.label) throw dataInvalid(`Column "${name}" is the label, so ${where} can't name it.`);
  }
  for (const { name } of features) {
    if (name === data.entityKey) throw dataInvalid(`Column "${name}" is the entityKey, so features can't name it.`);
    if (!data.excludeColumns.includes(name)) continue;
    throw dataInvalid(`Column "${name}" is both in features and in excludeColumns: take it out of one of them.`);
  }
}

function judge(column: Column, rows: number, override: FeatureOverride | undefined): Judged {
  if (column.kind === 'Text' && column.unsupported) {
    return {
      role: 'Dropped',
      reason: 'it holds values that no feature can be made of, such as lists, objects, bytes or times of day',
    };
  }
  const profile = profileColumn(column, rows);
  if (profile.distinct === 0) return { role: 'Dropped', reason: 'it has no values', profile };
  if (override?.type !== undefined) return { role: 'Feature', type: override.type, profile };
  const reason = uselessBecause(column.name, profile);
  if (reason !== undefined) return { role: 'Dropped', reason, profile };
  return { role: 'Feature', type: inferType(profile), profile };
}

function uselessBecause(name: string, profile: Profile): string | undefined {
  const { distinct, missing, rows, allNumbers, allDates } = profile;
  if (distinct === 1 && missing === 0) return 'it has the same value in every row';
  if (allNumbers) return isNumberKey(name, profile) ? 'it looks like a number given to each row' : undefined;
  if (allDates) return undefined;
  return uselessText(distinct, distinct / (rows - missing));
}

function uselessText(distinct: number, share: number): string | undefined {
  if (distinct <= MAX_CODES && share <= MAX_KEY_SHARE) return undefined;
  if (share > MAX_KEY_SHARE) return 'nearly every row has a text of its own, as identifiers have';
  return share > MAX_TEXT_SHARE ? 'it is free text: most rows have a text of their own' : undefined;
}

/** Integers that never repeat are keys when they are called so, or only ever go up. */
function isNumberKey(name: string, { allIntegers, distinct, missing, rows, increasing }: Profile): boolean {
  if (!allIntegers || missing > 0 || distinct < rows) return false;
  return (
    increasing || /(^|[^a-z])(id|key|number|nr|no|row|index)$/i.test(name) || /[a-z](Id|ID|Key|Number)$/.test(name)
  );
}

const spellings = [
  ['true', 'false'],
  ['yes', 'no'],
  ['y', 'n'],
  ['t', 'f'],
  ['1', '0'],
] as const;

function inferType(profile: Profile): FeatureType {
  if (booleanSpelling(profile) !== undefined) return 'Boolean';
  if (profile.allNumbers) return 'Numeric';
  return profile.allDates ? 'Date' : 'Categorical';
}

function booleanSpelling({ distinct, counts }: Profile): { trueValue: string; falseValue: string } | undefined {
  if (distinct !== 2) return undefined;
  const texts = counts().map(([text]) => text);
  for (const [yes, no] of spellings) {
    const trueValue = texts.find((text) => text.toLowerCase() === yes);
    const falseValue = texts.find((text) => text.toLowerCase() === no);
    if (trueValue !== undefined && falseValue !== undefined) return { trueValue, falseValue };
  }
  return undefined;
}

function buildFeature(
  column: Column,
  { type, profile }: { type: FeatureType; profile: Profile },
  { offset, override }: { offset: number; override: FeatureOverride | undefined },
): Feature {
  const { name, storedAs } = column;
  const encoding = encodingOf(name, type, profile);
  const range = rangeOf(type, column);
  return {
    name,
    type,
    storedAs,
    missingPolicy: override?.missingPolicy ?? 'Allow',
    encoding,
    offset,
    width: encoding.kind === 'OneHot' ? encoding.categories.length : 1,
    missingShare: profile.missing / profile.rows,
    ...(range && { range }),
  };
}

function encodingOf(name: string, type: FeatureType, profile: Profile): Encoding {
  switch (type) {
    case 'Numeric':
      return { kind: 'Number' };
    case 'Date':
      return { kind: 'Date' };
    case 'Boolean':
      return { kind: 'Boolean', ...requireSpelling(name, profile) };
    case 'Categorical': {
      const categories = profile.counts().map(([text]) => text);
      if (categories.length <= MAX_ONE_HOT) return { kind: 'OneHot', categories };
      return { kind: 'Codes', categories: categories.slice(0, MAX_CODES) };
    }
  }
}

/** A user may call any column of two values a boolean: the greater text is then true. */
function requireSpelling(name: string, profile: Profile): { trueValue: string; falseValue: string } {
  const known = booleanSpelling(profile);
  if (known !== undefined) return known;
  const [falseValue, trueValue] =
    profile.distinct === 2
      ? profile
          .counts()
          .map(([text]) => text)
          .sort()
      : [];
  if (trueValue !== undefined && falseValue !== undefined) return { trueValue, falseValue };
  throw dataInvalid(`Column "${name}" has ${profile.distinct} different values, so it can't be of type Boolean.`);
}

function rangeOf(type: FeatureType, column: Column): [number, number] | undefined {
  if (type !== 'Numeric' && type !== 'Date') return undefined;
  const parse = type === 'Numeric' ? parseDecimal : parseDays;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbersOf(column, parse)) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}
