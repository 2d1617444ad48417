import type { RolloutStatus } from '@churnops/crds';
import type { LoadResult } from '../harness/service-calls.js';

const columns = ['REVISION', 'STAGE', 'SHARE', 'ROWS', 'FAILED', 'USERS OK', 'USERS FAILED', 'WHAT IT WAITS FOR'];
const widths = [10, 11, 7, 8, 8, 10, 14, 0];
const TEXT = 100;

/** What was printed last: a line that says the same again is left out, and so are sentences about the same place. */
let lastLine = '';
let lastPlace = '';

function print(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}\n`);
}

export function printHeader(): void {
  lastLine = '';
  lastPlace = '';
  print(columns);
}

/** One line for where a rollout is and what users got so far; above the first line of a new place, what the checks say. */
export function printLine(revision: string, status: RolloutStatus | undefined, users: LoadResult | undefined): void {
  const line = [revision, ...rolloutCells(status), ...userCells(users), short(status?.reason ?? '')];
  const place = [status?.stage, status?.step, status?.sizePercent].join();
  if (place !== lastPlace) printChecks(status);
  if (line.join() !== lastLine) print(line);
  lastLine = line.join();
  lastPlace = place;
}

function printChecks(status: RolloutStatus | undefined): void {
  for (const { name, message, samples } of status?.checks ?? []) {
    if (samples > 0) process.stdout.write(`    ${name}: ${short(message)}\n`);
  }
}

function rolloutCells(status: RolloutStatus | undefined): string[] {
  if (status === undefined) return ['Starting', '', '', ''];
  const { stage, acknowledgedPercent, percent, checks = [] } = status;
  const failures = checks.find(({ name }) => name === 'failures');
  const { samples = 0, candidate = '0' } = failures ?? {};
  const failed = Math.round(samples * Number(candidate));
  return [stage, `${acknowledgedPercent ?? percent} %`, String(samples), String(failed)];
}

function userCells(users: LoadResult | undefined): string[] {
  return [String(users?.succeeded ?? 0), String(users?.failed ?? 0)];
}

function short(text: string): string {
  return text.length <= TEXT ? text : `${text.slice(0, TEXT - 1)}…`;
}
