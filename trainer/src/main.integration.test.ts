import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Manifest, ReplayTable, TrainingReport } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const samples = fileURLToPath(new URL('../../e2e/samples/data/', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command with this standard input; `meanwhile` is given its pid. */
function churnops(
  options: readonly string[],
  meanwhile: (pid: number) => Promise<void> = () => Promise.resolve(),
  input = '',
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
    meanwhile(child.pid ?? 0).catch(reject);
  });
}

/** The training process of a command, as soon as there is one. */
async function childOf(pid: number): Promise<number> {
  for (;;) {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim();
    if (children !== '') return Number(children.split(' ')[0]);
    await sleep(20);
  }
}

/** A process that has ended may stay listed until its new parent, which may never come, asks how. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
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
  const header = 'id,spend,label\n';
  const rows = (label: (row: number) => string) =>
    Array.from({ length: 600 }, (_, row) => `c${row},${row % 37},${label(row)}\n`).join('');

  const telco = ['train', '--data', join(samples, 'telco.csv'), '--label', 'churn', '--entity-key', 'customer_id'];
  const split = ['--split-file', join(samples, 'splits/telco.csv')];

  async function trained(
    name: string,
    ...options: string[]
  ): Promise<{ manifest: Manifest; text: string; report: TrainingReport; onnx: Buffer; replay: string }> {
    const out = join(folder, name);
    const ended = await churnops([
      ...telco,
      ...split,
      '--trials',
      '2',
      '--protected',
      'female',
      ...options,
      '--out',
      out,
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('ROC AUC') });
    const text = await readFile(join(out, 'manifest.json'), 'utf8');
    const report = TrainingReport.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
    const [onnx, replay] = [await readFile(join(out, 'model.onnx')), await readFile(join(out, 'replay.json'), 'utf8')];
    return { manifest: Manifest.parse(JSON.parse(text)), text, report, onnx, replay };
  }

  it('makes a good model of telco.csv, the same each time', async () => {
    const [first, second] = [await trained('first'), await trained('second')];
    expect(first.manifest.metrics['RocAUC']).toBeGreaterThanOrEqual(0.84);
    expect(first.manifest.parity.rows).toBeGreaterThanOrEqual(1000);
    expect(first.manifest.parity.maxAbsoluteDifference).toBeLessThanOrEqual(1e-5);
    expect(first.manifest.model.sha256).toBe(createHash('sha256').update(first.onnx).digest('hex'));
    expect(first.report.artifactSha256).toBe(createHash('sha256').update(first.text).digest('hex'));
    expect(first.manifest.goldenRows).toHaveLength(64);
    expect(ReplayTable.parse(JSON.parse(first.replay)).rows).toHaveLength(500);
    expect(first.manifest.replay?.sha256).toBe(createHash('sha256').update(first.replay).digest('hex'));
    expect(second.replay).toBe(first.replay);
    expect(JSON.stringify({ ...second.manifest, run: first.manifest.run })).toBe(JSON.stringify(first.manifest));
    expect(second.onnx.equals(first.onnx)).toBe(true);
    expect(first.report.intervals?.['RocAUC']).toBeDefined();
    expect(first.manifest.slices?.map(({ value }) => value)).toEqual(['0', '1']);
  });

  it('compares a model with the current one on the same rows', async () => {
    const current = join(folder, 'first');
    const { manifest } = await trained('compared', '--current', current, '--calibration', 'sigmoid');
    expect(manifest.calibration?.method).toBe('Sigmoid');
    expect(manifest.comparison).toMatchObject({ rows: manifest.data.testRows });
    expect(manifest.comparison?.current).toMatchObject({ RocAUC: expect.any(Number) });
    // A sigmoid keeps the ranks, but for ties of float32.
    expect(Math.abs(manifest.comparison?.change['RocAUC'] ?? 1)).toBeLessThan(1e-4);
  });

  /** Telco with other rows to learn from; those that judge stay as they are, as nothing else shows what was lost. */
  async function changedTelco(change: (line: string, row: number) => string | undefined): Promise<string[]> {
    const linesOf = async (name: string) => (await readFile(join(samples, name), 'utf8')).trim().split(/\r?\n/);
    const [header = '', ...lines] = await linesOf('telco.csv');
    const sides = (await linesOf('splits/telco.csv')).slice(1).map((line) => line.split(',').at(-1) ?? '');
    const kept = lines.flatMap((line, row) => {
      const side = sides[row] ?? '';
      const changed = side === 'train' ? change(line, row) : line;
      return changed === undefined ? [] : [{ line: changed, side }];
    });
    const [data, split] = [join(folder, 'changed.csv'), join(folder, 'changed-split.csv')];
    await writeFile(data, [header, ...kept.map(({ line }) => line)].join('\n'));
    await writeFile(split, ['row,split', ...kept.map(({ side }, row) => `${row},${side}`)].join('\n'));
    return ['--data', data, '--label', 'churn', '--entity-key', 'customer_id', '--split-file', split];
  }

  /** Lets a quarter leave, whatever is known of them. */
  const shuffled = (line: string, row: number) => {
    const leaves = createHash('sha256').update(`${row}`).digest().readUInt8() < 68;
    return line.replace(/^("[^"]*"),"[^"]*"/, `$1,"${leaves ? 'Yes' : 'No'}"`);
  };

  it.each<[string, (line: string, row: number) => string | undefined, readonly string[]]>([
    ['has one tree', (line) => line, ['--parameter', 'num_boost_round=1']],
    ['learned from 2 % of the rows', (line, row) => (row % 50 === 0 ? line : undefined), []],
    ['learned from shuffled labels', shuffled, []],
  ])('names the gates by which a model is refused that %s', async (_, change, options) => {
    const bad = [...(await changedTelco(change)), '--trials', '1', ...options, '--current', join(folder, 'first')];
    const ended = await churnops(['train', ...bad, '--out', join(folder, 'worse')]);
    expect(ended).toMatchObject({ code: 2, stdout: expect.stringMatching(/FAILED: LogLoss changes by 0\.\d{4} from/) });
  });

  it('writes a model that a gate refuses, says so, and exits with code 2', async () => {
    const out = join(folder, 'refused');
    const data = join(folder, 'noise.csv');
    // The label is a hash of the row: nothing in the table tells it.
    const left = (row: number) => (createHash('sha256').update(`${row}`).digest().readUInt8() < 90 ? 'yes' : 'no');
    await writeFile(data, header + rows(left));
    const ended = await churnops(['train', '--data', data, '--label', 'label', '--out', out]);
    expect(ended).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/FAILED: RocAUC 0\.\d{4} is below minValue/),
    });
    expect(ended.stdout).toContain('a gate refuses it');
    const names = (await readdir(out)).filter((name) => !name.startsWith('model-card'));
    expect(names.sort()).toEqual(['manifest.json', 'model.onnx', 'replay.json', 'report.json']);
    expect(await readFile(join(out, 'model-card.md'), 'utf8')).toContain('**refused: 1 of its gates failed**');
    const report = TrainingReport.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
    expect(report.failedGates).toContainEqual(expect.stringMatching(/^RocAUC 0\.\d{4} is below minValue 0\.60$/));
    const manifest = await readFile(join(out, 'manifest.json'), 'utf8');
    expect(Manifest.parse(JSON.parse(manifest)).data.uri).toBe('file:///noise.csv');
    expect(manifest).not.toContain(folder);
  });

  it('tells the report again, and writes the card of a folder and of a ConfigMap', async () => {
    const out = join(folder, 'reported');
    const made = await churnops([...telco, '--out', out]);
    const [told] = made.stdout.split('\nFiles\n');
    const again = await churnops(['report', out, '--out', join(folder, 'cards/telco.md')]);
    expect(again).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(told ?? '') });
    const plots = ['calibration', 'data', 'importance', 'lift', 'precision-recall', 'roc', 'scores'];
    expect((await readdir(join(folder, 'cards'))).sort()).toEqual([
      ...plots.map((plot) => `telco-${plot}.svg`),
      'telco.md',
    ]);
    const data = Object.fromEntries(
      await Promise.all(
        ['manifest.json', 'report.json'].map(async (name) => [name, await readFile(join(out, name), 'utf8')] as const),
      ),
    );
    const object = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'telco-1' }, data });
    const piped = await churnops(['report', '-', '--out', join(folder, 'piped')], undefined, object);
    expect(piped).toMatchObject({ code: 0, stdout: expect.stringContaining(told ?? '') });
    expect(await readFile(join(folder, 'piped/model-card.md'), 'utf8')).toBe(
      await readFile(join(out, 'model-card.md'), 'utf8'),
    );
  });

  it('says that memory may be short when the training process is killed, and exits with code 1', async () => {
    const out = join(folder, 'killed');
    let victim = 0;
    const ended = await churnops([...telco, '--out', out], async (pid) => {
      victim = await childOf(pid);
      process.kill(victim, 'SIGKILL');
    });
    expect(sentences(ended)).toEqual([expect.stringMatching(/^Training was killed, probably for want of memory/)]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(`/proc/${victim}`)).toBe(false);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['SIGKILL', null],
    ['SIGTERM', 143],
  ] as const)('leaves no training process behind after %s', async (signal, code) => {
    let orphan = 0;
    const ended = await churnops([...telco, '--out', join(folder, 'orphan')], async (pid) => {
      orphan = await childOf(pid);
      process.kill(pid, signal);
    });
    expect(ended.code).toBe(code);
    while (isRunning(orphan)) await sleep(100);
  });

  it('leaves a folder with other files alone', async () => {
    await writeFile(join(folder, 'precious.txt'), 'mine');
    const ended = await churnops([...telco, '--out', folder]);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/holds other files/) });
    expect(await readdir(folder)).toContain('precious.txt');
  });

  it.each([
    ['a label column that is not there', header + rows((row) => (row % 3 === 0 ? 'yes' : 'no')), 'churned', /churned/],
    ['three classes', header + rows((row) => ['a', 'b', 'c'][row % 3] ?? ''), 'label', /label/],
    ['one class', header + rows(() => 'yes'), 'label', /label/],
    ['an empty file', '', 'label', /empty|bad\.csv/],
  ])('answers %s with one sentence and exit code 2', async (_, content, label, sentence) => {
    const data = join(folder, 'bad.csv');
    await writeFile(data, content);
    const ended = await churnops(['train', '--data', data, '--label', label, '--out', join(folder, 'bad')]);
    expect(sentences(ended)).toEqual([expect.stringMatching(sentence)]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    ['no options', ['train']],
    ['an unknown option', [...telco, '--out', 'x', '--speed', '9']],
    ['a threshold that is no probability', [...telco, '--out', 'x', '--threshold', '1.5']],
    ['a parameter that does not exist', [...telco, '--out', 'x', '--parameter', 'speed=9']],
    ['figures that are none', [...telco, '--out', 'x', '--profit', 'offerCost=much']],
    ['a current model that is not there', [...telco, '--out', 'x', '--current', '/nonexistent/x']],
    ['a seed that is no number', [...telco, '--out', 'x', '--seed', 'many']],
    ['a file that is not there', ['train', '--data', 'nowhere.csv', '--label', 'churn', '--out', '/nonexistent/x']],
  ])('answers %s with one sentence and exit code 2', async (_, options) => {
    const ended = await churnops(options);
    expect(sentences(ended)).toHaveLength(1);
    expect(ended.code).toBe(2);
  });

  it('shows examples with --help', async () => {
    const ended = await churnops(['train', '--help']);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Examples:') });
  });
});
