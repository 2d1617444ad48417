import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
    for (const other of [semicolons, json]) {
      expect(other.matrix).toEqual(plain.matrix);
      expect(other.side).toEqual(plain.side);
      expect(other.features).toEqual(plain.features);
    }
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
    const source = await fetchLocal(join(samples, 'telco.csv'));
    const data = await prepareData(source, input({ entityKey: 'customer_id' }));
    expect([data.rows, data.excludedRows, data.features.length]).toEqual([7043, 0, 19]);
    expect(data.labels.reduce((sum, label) => sum + label, 0)).toBe(1869);
    expect(data.side.reduce((sum, side) => sum + side, 0) / data.rows).toBeCloseTo(0.2, 1);
    expect(data.features.find(({ name }) => name === 'total_charges')?.type).toBe('Numeric');
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
  });
});
