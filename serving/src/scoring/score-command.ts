import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../commands/usage-error.js';
import { loadModel, type LoadedModel } from '../model/load-model.js';
import type { CustomerList } from './customer-list.js';
import { LeftOutRows } from './left-out-rows.js';
import { listFormats, openList, type ListFormat } from './open-list.js';
import { scoreList, type ScoredList } from './score-list.js';
import { writeScored } from './scored-file.js';
import { scoredRows } from './scored-rows.js';

interface ScoreOptions {
  readonly data: string;
  readonly format: ListFormat;
  readonly batchSize: number;
  readonly top?: number;
  readonly out: string;
}

const notes = `
The output has one line for each customer: the entity key (or the number of the row), the probability of leaving, the
decision, and the rank (1 is the likeliest to leave). Rows that can't be scored are reported on stderr and left out; when
more than half of them can't, nothing is written and the exit code is 2.

Examples:
  churnops score model --data customers.csv --out scored.csv
  churnops score model --data customers.jsonl --top 100 --out -
`;

/** Scores a list of customers of any size with an artifact folder. */
export function scoreCommand(): Command {
  return new Command('score')
    .description('Score a list of customers (CSV or JSON lines) of any size.')
    .argument('<DIR>', 'folder with manifest.json and model.onnx')
    .requiredOption('--data <FILE>', 'the list: columns as in the training table; others are ignored')
    .requiredOption('--out <FILE>', 'where the scored list is written, as CSV; - for stdout')
    .addOption(new Option('--format <FORMAT>', 'format of the list').choices(listFormats).default('Auto'))
    .option('--batch-size <ROWS>', 'rows that are scored at once', wholeNumber, 1000)
    .option('--top <N>', 'write only the N customers that are likeliest to leave, by rank', wholeNumber)
    .addHelpText('after', notes)
    .action(score);
}

const MAX_ROWS = 1_000_000;

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_ROWS) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_ROWS}.`);
  }
  return number;
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

async function score(folder: string, options: ScoreOptions): Promise<void> {
  const list = await openList(options.data, options.format);
  await requireOtherFile(options.out, options.data);
  const before = await fingerprint(options.data);
  const model = await loadModel(folder);
  const leftOut = new LeftOutRows(say);
  const { batchSize } = options;
  const scored = await scoreList({ model, list, batchSize, leftOut, onBatch: showProgress });
  endProgress();
  requireMostScored(options.data, scored, leftOut.length);
  const keyColumn = keyColumnOf(model, list);
  const rows = scoredRows({ manifest: model.manifest, list, scored, keyColumn }, options.top);
  await writeScored(
    options.out,
    [keyColumn ?? 'row', 'probability', 'churn', 'rank'],
    whileUnchanged(rows, options.data, before),
  );
  summarize(model, scored, leftOut.length, options.out);
  await model.engine.close();
}

/** A whole new file takes the place of `out`: neither the list itself nor a device may be lost that way. */
async function requireOtherFile(out: string, data: string): Promise<void> {
  const present = out === '-' ? undefined : await stat(out).catch(() => undefined);
  if (present === undefined) return;
  if (!present.isFile()) {
    throw new UsageError(`${out} is not a regular file: choose another with --out, or - for stdout.`);
  }
  const list = await stat(data);
  if (present.dev === list.dev && present.ino === list.ino) {
    throw new UsageError(`${out} is the list itself: choose another file with --out.`);
  }
}

async function fingerprint(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}

/** The second reading must meet the rows that the first one scored; else no file is left (stdout has the rows already). */
async function* whileUnchanged<Row>(rows: AsyncIterable<Row>, path: string, before: string): AsyncGenerator<Row> {
  yield* rows;
  if ((await fingerprint(path)) !== before) {
    throw new UsageError(`${path} changed while it was read: score it again when nothing writes to it.`);
  }
}

function keyColumnOf({ manifest: { entityKey } }: LoadedModel, list: CustomerList): string | undefined {
  if (entityKey === undefined || list.columns === undefined || list.columns.includes(entityKey)) return entityKey;
  say(`The list has no column "${entityKey}": customers are named by the number of their row.`);
  return undefined;
}

function requireMostScored(path: string, { scored }: ScoredList, leftOut: number): void {
  if (scored.length === 0) throw new UsageError(`${path} has no rows: there is nothing to score.`);
  if (leftOut * 2 > scored.length) {
    throw new UsageError(
      `${leftOut} of ${scored.length} rows of ${path} can't be scored, so nothing was written: is this list made like the training table?`,
    );
  }
}

function summarize(model: LoadedModel, { probabilities, unseen }: ScoredList, leftOut: number, out: string): void {
  const { threshold } = model.manifest.decision;
  let leaving = 0;
  for (let row = 0; row < probabilities.length; row += 1) if (probabilities.at(row) >= threshold) leaving += 1;
  for (const [feature, count] of unseen) {
    say(`${feature}: ${count} values were not in the training data and count as other.`);
  }
  const where = out === '-' ? 'stdout' : out;
  say(
    `Scored ${probabilities.length} customers, ${leaving} count as leaving (probability from ${threshold} on), ${leftOut} rows left out: ${where}`,
  );
}

function showProgress(rows: number, share: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rScoring: ${rows} rows, ${Math.floor(share * 100)} %`);
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
}
