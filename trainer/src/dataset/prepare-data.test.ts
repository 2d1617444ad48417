import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainingInput } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TrainingProblem } from '../failure.js';
import { fetchLocal } from './fetch-local.js';
import { prepareData } from './prepare-data.js';
import type { PreparedData } from './prepared-data.js';

// Whole tables are read: on a busy machine the time limit may only end a hang.
jest.setTimeout(120_000);

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-prepare-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const samples = join(import.meta.dirname, '../../../e2e/samples/data');

function input(data: Partial<TrainingInput['data']> = {}, features: TrainingInput['features'] = []): TrainingInput {
  return TrainingInput.parse({
    data: {
      uri: 'file:///table',
      format: 'Auto',
      s3: { endpoint: '', region: '', forcePathStyle: true },
      label: 'churn',
      excludeLabels: [],
      excludeColumns: [],
      ...data,
    },
    features,
    seed: 1,
    gates: [],
    decision: { thresholdPolicy: 'MaximumF1' },
  });
}

type Prepare = { name?: string; content: string | Buffer; data?: Partial<TrainingInput['data']> };

async function prepare({ name = 'table.csv', content, data = {} }: Prepare): Promise<PreparedData> {
  const path = join(folder, name);
  await writeFile(path, content);
  return prepareData(await fetchLocal(path), input(data));
}

async function problemOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (problem) {
    if (problem instanceof TrainingProblem) return `${problem.reason}: ${problem.message}`;
    throw problem;
  }
  return 'no problem';
}

/** What is trained on; hashed, since Jest compares long typed arrays cell by cell as objects. */
function trainedOn({ features, matrix, side, fold }: PreparedData) {
  return { features, cells: [matrix, side, fold].map((cells) => createHash('sha256').update(cells).digest('hex')) };
}

/** 400 customers; `last` may change what a row ends with. */
function csv(header = 'id,age,charge,churn', label = (row: number): string => (row % 3 === 0 ? 'Yes' : 'No')): string {
  const rows = Array.from(
    { length: 400 },
    (_, row) => `K-${row},${20 + (row % 50)},${(row * 7) % 113}.5,${label(row)}`,
  );
  return [header, ...rows, ''].join('\n');
}

describe('a table that can not be trained on', () => {
  it.each<[string, Prepare, RegExp]>([
    ['has no such label', { content: csv(), data: { label: 'Chrun' } }, /no column "Chrun".*did you mean "churn"\?/],
    ['is empty', { content: '' }, /table\.csv is empty/],
    ['begins with a blank line', { content: `\n${csv()}` }, /table\.csv has no header: line 1 is blank/],
    ['is one long line', { content: 'a,'.repeat(600_000) }, /a first line of more than 1 MiB: it is not a CSV file/],
    ['has a header only', { content: 'age,churn\n' }, /has no rows/],
    ['is ragged', { content: csv().replace('K-3,', 'K-3,9,') }, /5 values instead of 4 in line 5/],
    ['repeats a name', { content: csv('age,age,charge,churn') }, /two columns named "age"/],
    ['has a nameless column', { content: csv(',age,charge,churn') }, /Column 1 .* no name/],
    ['is not UTF-8', { content: Buffer.from(csv().replace('K-3,', 'K-\xe9 ,'), 'latin1') }, /not UTF-8 text in line 5/],
    ['is UTF-16', { content: Buffer.from(csv(), 'utf16le') }, /not UTF-8/],
    ['has three classes', { content: csv(undefined, (row) => `c${row % 3}`) }, /"churn" has 3 classes .*positiveLabel/],
    [
      'has a key for a label',
      { content: csv(), data: { label: 'id' } },
      /^\S+ Label column "id" has 400 different values, too many/,
    ],
    ['has one class', { content: csv(undefined, () => 'No') }, /"churn" has only one class \("No"\)/],
    ['has unclear classes', { content: csv(undefined, (row) => `c${row % 2}`) }, /2 classes .*positiveLabel/],
    ['has few leavers', { content: csv(undefined, (row) => (row < 9 ? '1' : '0')) }, /9 rows with "1"/],
    ['has few rows', { content: csv().split('\n').slice(0, 101).join('\n') }, /100 rows .* at least 200/],
    ['lacks the positive label', { content: csv(), data: { positiveLabel: 'Left' } }, /not positiveLabel "Left"/],
    ['lacks the entity key', { content: csv(), data: { entityKey: 'idd' } }, /no column "idd", which entityKey/],
    ['lacks an excluded column', { content: csv(), data: { excludeColumns: ['x'] } }, /"x", which excludeColumns/],
    ['is not Parquet', { name: 'a.parquet', content: 'hello' }, /can't be read as Parquet/],
    ['is not JSON', { name: 'a.jsonl', content: '{"a":1}\n{"a":\n' }, /Line 2 of a\.jsonl/],
    [
      'is JSON with a byte order mark',
      { name: 'b.jsonl', content: '\uFEFF{"a":1}\n' },
      /b\.jsonl begins with a byte order mark/,
    ],
    ['has an unknown ending', { name: 'a.txt', content: csv() }, /format of .*a\.txt/],
  ])('%s', async (_, given, sentence) => {
    const problem = await problemOf(prepare(given));
    expect(problem).toMatch(/^DataInvalid: /);
    expect(problem).toMatch(sentence);
  });
});

describe('a small table', () => {
  it('drops what names the row and keeps the rest', async () => {
    const data = await prepare({ content: csv() });
    expect(data.columns.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'id Dropped',
      'age Feature',
      'charge Feature',
      'churn Label',
    ]);
    expect(data.target.positiveLabel).toBe('Yes');
    expect(data.rawRow(1)).toEqual({ id: 'K-1', age: 21, charge: 7.5 });
    expect([...data.matrix.slice(2, 4)]).toEqual([21, 7.5]);
  });

  it('leaves blank and excluded labels out and counts them', async () => {
    const label = (row: number): string => ['Yes', 'No', '', 'Joined'][row % 4] ?? '';
    const data = await prepare({ content: csv(undefined, label), data: { excludeLabels: ['Joined'] } });
    expect([data.rows, data.excludedRows]).toEqual([200, 200]);
  });

  it('is the same from CSV with semicolons, and from JSON lines', async () => {
    const plain = await prepare({ content: csv() });
    const semicolons = await prepare({ content: csv().replaceAll(',', ';') });
    const lines = Array.from({ length: plain.rows }, (_, row) =>
      JSON.stringify({ ...plain.rawRow(row), churn: plain.labels[row] === 1 ? 'Yes' : 'No' }),
    );
    const json = await prepare({ name: 'a.jsonl', content: lines.join('\n') });
    for (const other of [semicolons, json]) expect(trainedOn(other)).toEqual(trainedOn(plain));
  });
});

let prepared: Promise<PreparedData> | undefined;

/** The sample table, read once. */
function plainTelco(): Promise<PreparedData> {
  prepared ??= fetchLocal(join(samples, 'telco.csv')).then((source) =>
    prepareData(source, input({ entityKey: 'customer_id' })),
  );
  return prepared;
}

/** The sample table with a column more, made from its number and whether the customer left. */
async function telcoWith(name: string, cell: (row: number, left: boolean) => string): Promise<string> {
  const [header = '', ...lines] = (await readFile(join(samples, 'telco.csv'), 'utf8')).trim().split('\n');
  const rows = lines.map((line, row) => `${line},${cell(row, line.split(',')[1] === '"Yes"')}`);
  return [`${header},${name}`, ...rows, ''].join('\n');
}

describe('a file that a spreadsheet wrote', () => {
  const plain = csv();
  const exports: readonly (readonly [string, string])[] = [
    ['a byte order mark', `\uFEFF${plain}`],
    ['a byte order mark before a quote', `\uFEFF${plain.replace('id,', '"id",')}`],
    ['line ends of Windows', plain.replaceAll('\n', '\r\n')],
    ['tabs', plain.replaceAll(',', '\t')],
    ['bars', plain.replaceAll(',', '|')],
    ['semicolons and decimal commas', plain.replaceAll(',', ';').replaceAll('.5;', ',5;')],
    ['blank lines at the end', `${plain}\n\n`],
    ['no line end at the end', plain.trimEnd()],
    ['quotes around everything', plain.replaceAll(/[^,\n]+/g, '"$&"')],
  ];

  let expected: ReturnType<typeof trainedOn>;

  beforeAll(async () => {
    expected = trainedOn(await prepare({ content: plain }));
  });

  it.each(exports)('is the same table with %s', async (_, content) => {
    const data = await prepare({ content });
    expect(trainedOn(data)).toEqual(expected);
    expect(data.rawRow(1)).toEqual({ id: 'K-1', age: 21, charge: 7.5 });
  });

  it('may have line ends inside quotes, in a name and in cells', async () => {
    const content = csv('id,"age\nin years",charge,churn').replaceAll(/^K-(\d+)/gm, '"K\n$1"');
    const data = await prepare({ content });
    expect([data.rows, data.features.map(({ name }) => name)]).toEqual([400, ['age\nin years', 'charge']]);
    expect(data.rawRow(399)).toMatchObject({ id: 'K\n399', charge: 81.5 });
  });

  it('may have words for missing numbers: they are told of, and a prediction leaves them out', async () => {
    const data = await prepare({ content: csv().replaceAll(/^(K-\d*7),\d+/gm, '$1,N/A') });
    expect(data.features[0]).toMatchObject({ name: 'age', type: 'Numeric', storedAs: 'Number', missingShare: 0.1 });
    expect(data.rawRow(7)).toMatchObject({ age: null });
    const told = data.report.columns.find(({ name }) => name === 'age');
    expect(told).toMatchObject({ missingShare: 0.1, readAs: 'numbers; "N/A" counts as missing' });
  });

  it('may have dates with the day first', async () => {
    const date = (row: number) => `${1 + (row % 28)}.${1 + (row % 5)}.2025`;
    const content = csv().replaceAll(/^K-(\d+),\d+/gm, (_, row: string) => `K-${row},${date(Number(row))}`);
    const data = await prepare({ content });
    expect(data.features[0]).toMatchObject({ name: 'age', type: 'Date', storedAs: 'Date' });
    expect(data.rawRow(1)).toMatchObject({ age: '2025-02-02' });
  });
});

describe('what is no feature', () => {
  it.each<[string, (row: number) => string, RegExp]>([
    ['a constant', () => 'x', /the same value in every row/],
    ['an identifier', (row) => `ID${row * 7919}`, /a text of its own, as identifiers have/],
    ['a number given to each row', (row) => `${row}`, /a number given to each row/],
    ['free text', (row) => `about ${row % 330}`, /free text/],
    ['nothing', () => '', /no values/],
  ])('is dropped with the reason: %s', async (_, cell, reason) => {
    const content = csv()
      .split('\n')
      .map((line, row) => (line === '' ? '' : `${line},${row === 0 ? 'extra' : cell(row)}`))
      .join('\n');
    const data = await prepare({ content });
    expect(data.columns.at(-1)).toMatchObject({ role: 'Dropped', reason: expect.stringMatching(reason) });
    expect(data.warnings.join()).toMatch(/Column "extra" is not used/);
  });

  it('is not a category of many values: the most frequent have codes, the others share one', async () => {
    const content = await telcoWith('town', (row) => `town ${Math.floor(Math.sqrt(row * 40))}`);
    const data = await prepare({ content, data: { entityKey: 'customer_id' } });
    const town = data.features.at(-1);
    expect(town).toMatchObject({ name: 'town', type: 'Categorical', width: 1 });
    const categories = town?.encoding.kind === 'Codes' ? town.encoding.categories : [];
    expect(categories).toHaveLength(255);
    const codes = Array.from({ length: data.rows }, (_, row) => data.matrix[(row + 1) * data.width - 1] ?? NaN);
    expect([Math.min(...codes), Math.max(...codes)]).toEqual([0, 255]);
  });
});

describe('a leak planted in the sample table', () => {
  it.each<[string, (row: number, left: boolean) => string]>([
    ['churn_reason', (row, left) => (left ? `reason ${row % 7}` : '')],
    ['account_state', (row, left) => (left === (row % 100 !== 0) ? 'inactive' : 'active')],
    ['last_day', (row, left) => (left ? `2026-01-${10 + (row % 20)}` : '')],
    ['final_bill', (row, left) => (left ? `${row % 90}.25` : '0')],
  ])('is found and left out: %s', async (name, cell) => {
    const data = await prepare({ content: await telcoWith(name, cell), data: { entityKey: 'customer_id' } });
    const leaks = data.report.findings.filter(({ kind }) => kind === 'LeakingColumn');
    expect(leaks.map(({ column }) => column)).toEqual([name]);
    expect(data.columns.at(-1)).toMatchObject({
      name,
      role: 'Dropped',
      reason: expect.stringMatching(/ROC AUC (0\.9|1)/),
    });
    expect(data.features.map((feature) => feature.name)).not.toContain(name);
    expect(data.report.columns[0]).toMatchObject({ name, aucLowerBound: expect.any(Number) });
    // What is left is the very table without the column.
    const without = await plainTelco();
    expect(trainedOn(data)).toEqual(trainedOn(without));
  });

  it('is used with Keep, and ends the training with Reject', async () => {
    const path = join(folder, 'leak.csv');
    await writeFile(path, await telcoWith('churn_reason', (_, left) => (left ? 'price' : '')));
    const source = await fetchLocal(path);
    const kept = await prepareData(source, { ...input(), leakPolicy: 'Keep' });
    expect(kept.features.at(-1)?.name).toBe('churn_reason');
    expect(kept.report.findings.map(({ kind }) => kind)).toEqual(['LeakingColumn', 'FutureName']);
    const rejected = prepareData(source, { ...input(), leakPolicy: 'Reject' });
    expect(await problemOf(rejected)).toMatch(/^DataInvalid: Column "churn_reason" \(ROC AUC/);
  });

  it('that was all the table had leaves nothing to train on', async () => {
    const rows = Array.from({ length: 400 }, (_, row) => (row % 3 === 0 ? 'gone,Yes' : 'here,No'));
    const problem = await problemOf(prepare({ content: ['state,churn', ...rows].join('\n') }));
    expect(problem).toMatch(/^DataInvalid: .* too few rows that differ in their features/);
  });
});

describe('duplicates', () => {
  const doubled = csv()
    .split('\n')
    .flatMap((line, row) => (row === 0 || line === '' ? [line] : [line, line]))
    .join('\n');

  it('never fall on both sides of the split, nor in two folds, and are told of', async () => {
    const data = await prepare({ content: doubled });
    const pairs = Array.from({ length: data.rows / 2 }, (_, pair) => [2 * pair, 2 * pair + 1] as const);
    expect(pairs.filter(([one, other]) => data.side[one] !== data.side[other])).toEqual([]);
    expect(pairs.filter(([one, other]) => data.fold[one] !== data.fold[other])).toEqual([]);
    expect(data.duplicateRows).toBe(400);
    expect(data.report.findings.map(({ kind }) => kind)).toContain('DuplicateRows');
  });

  it('are not moved where a split file parts them, but told of', async () => {
    const splitFile = join(folder, 'split.csv');
    const sides = Array.from({ length: 800 }, (_, row) => `${row},${row % 2 === 0 ? 'train' : 'test'}`);
    await writeFile(splitFile, ['row,split', ...sides].join('\n'));
    const path = join(folder, 'doubled.csv');
    await writeFile(path, doubled);
    const data = await prepareData(await fetchLocal(path), input(), splitFile);
    expect(Array.from(data.side.subarray(0, 4))).toEqual([0, 1, 0, 1]);
    expect(data.warnings.join()).toMatch(/400 test rows have the same features as a development row/);
  });
});

describe('the name of a table', () => {
  it.each(['100% of may.csv', '50%20off.csv', 'a*.csv', 'a?.csv', 'a[1].csv', 'a{b,c}.csv', "it's.csv", 'a#b.csv'])(
    'may be %s',
    async (name) => {
      for (const decoy of ['a1.csv', 'ab.csv', 'abc.csv']) await writeFile(join(folder, decoy), 'x\n1\n');
      const data = await prepare({ name, content: csv() });
      expect([data.rows, data.identity.uri]).toEqual([400, `file:///${name}`]);
    },
  );

  it.each(['a[1].parquet', '100%.parquet'])('is told as it is: %s', async (name) => {
    await writeFile(join(folder, 'a1.parquet'), 'x');
    const problem = await problemOf(prepare({ name, content: 'no table' }));
    expect(problem).toBe(`DataInvalid: ${name} can't be read as Parquet: is it in that format?`);
  });

  it('adds no column by its folders', async () => {
    await mkdir(join(folder, 'month=5'), { recursive: true });
    const rows = csv()
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.stringify({ age: line.split(',')[1], churn: line.split(',')[3] }));
    const data = await prepare({ name: 'month=5/table.jsonl', content: rows.join('\n') });
    expect(data.columns.map(({ name }) => name)).toEqual(['age', 'churn']);
  });
});

describe('the sample tables', () => {
  it('Telco: 7,043 rows with the customer as key', async () => {
    const data = await plainTelco();
    expect([data.rows, data.excludedRows, data.features.length]).toEqual([7043, 0, 19]);
    expect(data.labels.reduce((sum, label) => sum + label, 0)).toBe(1869);
    expect(data.side.reduce((sum, side) => sum + side, 0) / data.rows).toBeCloseTo(0.2, 1);
    expect(data.features.find(({ name }) => name === 'total_charges')?.type).toBe('Numeric');
    expect(data.report.findings).toEqual([]);
    expect(data.report.columns[0]).toMatchObject({ name: 'contract', auc: expect.closeTo(0.739, 2) });
  });

  it('Telco: the given split of 80 to 20', async () => {
    const source = await fetchLocal(join(samples, 'telco.csv'));
    const data = await prepareData(source, input({ entityKey: 'customer_id' }), join(samples, 'splits/telco.csv'));
    expect(data.side.reduce((sum, side) => sum + side, 0)).toBe(1409);
    expect(data.warnings.join()).toMatch(/parts duplicates/);
    const wrong = prepareData(source, input(), join(samples, 'splits/iranian.csv'));
    expect(await problemOf(wrong)).toMatch(/iranian\.csv has 3150 rows, but the table has 7043/);
  });

  it('MLC: states as codes', async () => {
    const data = await prepareData(await fetchLocal(join(samples, 'mlc_churn.csv')), input());
    expect([data.rows, data.features.length]).toEqual([5000, 19]);
    expect(data.features[0]?.encoding.kind).toBe('Codes');
    expect(data.report.findings).toEqual([]);
  });
});
