import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const main = join(import.meta.dirname, '../../dist/main.js');
const artifact = join(import.meta.dirname, '../fixtures/artifact');

const header = 'customer_id,tenure,total_charges,contract,payment_method,paperless_billing,signup_date';
const first = 'C-1,1,29.85,Month-to-month,Electronic check,Yes,2025-12-01';
const second = 'C-2,34,1889.5,One year,Mailed check,No,2023-03-01';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'score-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function churnops(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'score', ...args]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

async function list(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

async function score(name: string, lines: readonly string[], ...more: string[]): Promise<Ended> {
  return churnops(artifact, '--data', await list(name, lines), '--out', '-', ...more);
}

function cells(csv: string): string[][] {
  return csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

describe('churnops score', () => {
  it('gives every customer the probability of the golden rows, a decision and a rank', async () => {
    const { code, stdout, stderr } = await score('two.csv', [header, second, first]);
    expect(stderr).toContain('Scored 2 customers, 1 count as leaving');
    expect(code).toBe(0);
    const [head, low, high] = cells(stdout);
    expect(head).toEqual(['customer_id', 'probability', 'churn', 'rank']);
    expect(low).toEqual(['C-2', expect.any(String), 'false', '2']);
    expect(high).toEqual(['C-1', expect.any(String), 'true', '1']);
    expect(Number(low?.[1])).toBeCloseTo(0.15446526508353467, 6);
    expect(Number(high?.[1])).toBeCloseTo(0.7858349830425586, 6);
  });

  it('reads semicolons, a byte order mark, other columns and another order of columns', async () => {
    const swapped = [
      '\uFEFFcontract;note;customer_id;tenure;total_charges;payment_method;paperless_billing;signup_date',
      'Month-to-month;"a; b";C-1;1;29.85;Electronic check;Yes;2025-12-01',
    ];
    const { stdout } = await score('semicolons.csv', swapped);
    expect(Number(cells(stdout)[1]?.[1])).toBeCloseTo(0.7858349830425586, 6);
  });

  it('reads JSON lines', async () => {
    const row = {
      customer_id: 7,
      tenure: 1,
      total_charges: '29.85',
      contract: 'Month-to-month',
      payment_method: 'Electronic check',
      paperless_billing: 'Yes',
      signup_date: '2025-12-01',
    };
    const { stdout } = await score('one.jsonl', [JSON.stringify(row)]);
    const [, scored] = cells(stdout);
    expect(scored?.[0]).toBe('7');
    expect(Number(scored?.[1])).toBeCloseTo(0.7858349830425586, 6);
  });

  it('gives the same result for any batch size', async () => {
    const many = Array.from(
      { length: 500 },
      (_, row) => `C-${row},${row % 72},${row * 3},One year,Mailed check,No,2023-03-01`,
    );
    const whole = await score('many.csv', [header, ...many]);
    const parts = await score('many.csv', [header, ...many], '--batch-size', '7');
    expect(parts.stdout).toBe(whole.stdout);
    expect(cells(whole.stdout)).toHaveLength(501);
  });

  it('writes only the likeliest with --top, by rank', async () => {
    const many = Array.from({ length: 50 }, (_, row) => `C-${row},${row},100,One year,Mailed check,No,2023-03-01`);
    const { stdout } = await score('top.csv', [header, ...many, first], '--top', '3');
    const rows = cells(stdout).slice(1);
    expect(rows.map((row) => row[3])).toEqual(['1', '2', '3']);
    expect(rows[0]?.[0]).toBe('C-1');
  });

  it('leaves out rows that can not be scored, with line and reason, and no value of theirs', async () => {
    const bad = 'C-3,secret-value,1,One year,Mailed check,No,2023-03-01';
    const { code, stdout, stderr } = await score('bad.csv', [header, first, bad, second, 'C-4,1', first]);
    expect(code).toBe(0);
    expect(stderr).toContain('Line 3 is left out: tenure must be a number');
    expect(stderr).toContain('Line 5 is left out: it has 2 values, the header names 7 columns');
    expect(stderr).toContain('2 rows left out');
    expect(stderr).not.toContain('secret-value');
    expect(
      cells(stdout)
        .slice(1)
        .map((row) => row[0]),
    ).toEqual(['C-1', 'C-2', 'C-1']);
  });

  it('numbers the rows of a list without the entity key', async () => {
    const lines = [header, first, second].map((line) => line.slice(line.indexOf(',') + 1));
    const { stdout, stderr } = await score('no-key.csv', lines);
    expect(stderr).toContain('The list has no column "customer_id"');
    expect(cells(stdout).map((row) => row[0])).toEqual(['row', '1', '2']);
  });

  it('leaves a whole file and nothing else', async () => {
    const data = await list('file.csv', [header, first]);
    const out = join(folder, 'out');
    await rm(out, { recursive: true, force: true });
    const target = join(folder, 'scored.csv');
    expect((await churnops(artifact, '--data', data, '--out', target)).code).toBe(0);
    expect(await readFile(target, 'utf8')).toMatch(/^customer_id,probability,churn,rank\nC-1,0\.78\d+,true,1\n$/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each([
    [
      'the list lacks columns',
      'a.csv',
      ['customer_id,tenure', 'C-1,1'],
      [],
      /lacks the columns "total_charges", "contract"/,
    ],
    ['JSON lines lack a column everywhere', 'b.jsonl', ['{"tenure": 1}'], [], /lacks the columns "total_charges"/],
    ['the file is empty', 'c.csv', [''], [], /is empty/],
    ['there are no rows', 'd.csv', [header], [], /has no rows/],
    [
      'most rows are bad',
      'e.csv',
      [header, 'C-1,x,1,a,b,Yes,2025-01-01', 'C-1,y,1,a,b,Yes,2025-01-01', first],
      [],
      /2 of 3 rows/,
    ],
    [
      'a column stands twice in the header',
      'f.csv',
      [`${header},tenure`, `${first},2`],
      [],
      /names the column "tenure" twice/,
    ],
    ['the name does not tell the format', 'g.data', [header, first], [], /--format/],
    ['it is a Parquet file', 'h.parquet', ['PAR1'], [], /is a Parquet file, which score does not read/],
    ['the batch size is no number', 'i.csv', [header, first], ['--batch-size', 'many'], /whole number/],
    [
      'the output folder is not there',
      'j.csv',
      [header, first],
      ['--out', 'no/such/folder/scored.csv'],
      /can't be written/,
    ],
  ])('ends with one sentence and exit code 2 when %s', async (...[, name, lines, more, sentence]) => {
    const { code, stdout, stderr } = await score(name, lines, ...more);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
    expect(stdout).toBe('');
  });

  it('does not write over the list itself', async () => {
    const data = await list('precious.csv', [header, first]);
    const { code, stderr } = await churnops(artifact, '--data', data, '--out', join(folder, '.', 'precious.csv'));
    expect(stderr).toContain('precious.csv is the list itself');
    expect(code).toBe(2);
    expect(await readFile(data, 'utf8')).toBe(`${header}\n${first}\n`);
  });

  it('does not put a file in the place of a folder or a device', async () => {
    const data = await list('any.csv', [header, first]);
    const { code, stderr } = await churnops(artifact, '--data', data, '--out', folder);
    expect(stderr).toContain('is not a regular file');
    expect(code).toBe(2);
  });

  it('ends well when the reader of stdout has enough', async () => {
    const many = Array.from({ length: 20_000 }, (_, row) => `C-${row},1,1,One year,Mailed check,No,2023-03-01`);
    const data = await list('long.csv', [header, ...many]);
    const child = spawn(process.execPath, [main, 'score', artifact, '--data', data, '--out', '-']);
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    await once(child, 'close');
    expect(stderr).toContain('Scored 20000 customers');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(child.exitCode).toBe(0);
  });

  it('reads JSON lines with a line separator of Unicode inside of a text', async () => {
    const row = { customer_id: 'a\u2028b', tenure: 1, total_charges: '1', contract: 'One year', payment_method: 'x' };
    const whole = JSON.stringify({ ...row, paperless_billing: 'No', signup_date: '2023-03-01' });
    const { code, stdout } = await score('separator.jsonl', [whole]);
    expect(code).toBe(0);
    expect(stdout).toContain('a\u2028b,');
  });

  it('leaves out a line of JSON that is longer than any row', async () => {
    const row = { tenure: 1, total_charges: '1', contract: 'One year', payment_method: 'x', paperless_billing: 'No' };
    const good = JSON.stringify({ ...row, customer_id: 'C-1', signup_date: '2023-03-01' });
    const { code, stdout, stderr } = await score('long.jsonl', [good, `{"note":"${'x'.repeat(2_000_000)}"}`, good]);
    expect(stderr).toContain('Line 2 is left out: it is longer than 1 MiB');
    expect(cells(stdout)).toHaveLength(3);
    expect(code).toBe(0);
  });

  it('names a list that is not there', async () => {
    const { code, stderr } = await churnops(artifact, '--data', join(folder, 'nowhere.csv'), '--out', '-');
    expect(stderr).toContain("nowhere.csv can't be read");
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
