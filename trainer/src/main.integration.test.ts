import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Manifest, TrainingReport } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const samples = fileURLToPath(new URL('../../e2e/samples/data/', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function churnops(...options: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-trainer-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Lines on stderr but for progress. */
function sentences(ended: Ended): string[] {
  return ended.stderr.split('\n').filter((line) => line !== '' && !/^\d+ % /.test(line));
}

describe('churnops train', () => {
  const telco = ['train', '--data', join(samples, 'telco.csv'), '--label', 'churn', '--entity-key', 'customer_id'];
  const split = ['--split-file', join(samples, 'splits/telco.csv')];

  async function trained(
    name: string,
  ): Promise<{ manifest: Manifest; text: string; report: TrainingReport; onnx: Buffer }> {
    const out = join(folder, name);
    const ended = await churnops(...telco, ...split, '--out', out);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('ROC AUC') });
    const text = await readFile(join(out, 'manifest.json'), 'utf8');
    const report = TrainingReport.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
    return { manifest: Manifest.parse(JSON.parse(text)), text, report, onnx: await readFile(join(out, 'model.onnx')) };
  }

  it('makes a good model of telco.csv, the same each time', async () => {
    const [first, second] = [await trained('first'), await trained('second')];
    expect(first.manifest.metrics['RocAUC']).toBeGreaterThanOrEqual(0.84);
    expect(first.manifest.parity.rows).toBeGreaterThanOrEqual(1000);
    expect(first.manifest.parity.maxAbsoluteDifference).toBeLessThanOrEqual(1e-5);
    expect(first.manifest.model.sha256).toBe(createHash('sha256').update(first.onnx).digest('hex'));
    expect(first.report.artifactSha256).toBe(createHash('sha256').update(first.text).digest('hex'));
    expect(first.manifest.goldenRows).toHaveLength(64);
    expect(JSON.stringify({ ...second.manifest, run: first.manifest.run })).toBe(JSON.stringify(first.manifest));
    expect(second.onnx.equals(first.onnx)).toBe(true);
  });

  it('leaves a folder with other files alone', async () => {
    await writeFile(join(folder, 'precious.txt'), 'mine');
    const ended = await churnops(...telco, '--out', folder);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/holds other files/) });
    expect(await readdir(folder)).toContain('precious.txt');
  });

  const header = 'id,spend,label\n';
  const rows = (label: (row: number) => string) =>
    Array.from({ length: 600 }, (_, row) => `c${row},${row % 37},${label(row)}\n`).join('');

  it.each([
    ['a label column that is not there', header + rows((row) => (row % 3 === 0 ? 'yes' : 'no')), 'churned', /churned/],
    ['three classes', header + rows((row) => ['a', 'b', 'c'][row % 3] ?? ''), 'label', /label/],
    ['one class', header + rows(() => 'yes'), 'label', /label/],
    ['an empty file', '', 'label', /empty|bad\.csv/],
  ])('answers %s with one sentence and exit code 2', async (_, content, label, sentence) => {
    const data = join(folder, 'bad.csv');
    await writeFile(data, content);
    const ended = await churnops('train', '--data', data, '--label', label, '--out', join(folder, 'bad'));
    expect(sentences(ended)).toEqual([expect.stringMatching(sentence)]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    ['no options', ['train']],
    ['an unknown option', [...telco, '--out', 'x', '--speed', '9']],
    ['a seed that is no number', [...telco, '--out', 'x', '--seed', 'many']],
    ['a file that is not there', ['train', '--data', 'nowhere.csv', '--label', 'churn', '--out', '/nonexistent/x']],
  ])('answers %s with one sentence and exit code 2', async (_, options) => {
    const ended = await churnops(...options);
    expect(sentences(ended)).toHaveLength(1);
    expect(ended.code).toBe(2);
  });

  it('shows examples with --help', async () => {
    const ended = await churnops('train', '--help');
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Examples:') });
  });
});
