import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** A command that has ended, and what it took. */
export interface MeasuredRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** User and system time of it and all its children, in seconds. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Peaks of the resident memory of its processes, added up: at least what they took together at any time. */
  readonly peakBytes: number;
}

/** How often the peaks are read, in milliseconds; the kernel keeps the peak, so only a process's last moments may be missed. */
const LOOK = 50;

// A shell tells the CPU time of what it waited for, with all descendants; it goes to a pipe of its own.
const timed = 'TIMEFORMAT="%U %S"; { time "$@" 2>&4; } 4>&2 2>&3';

/** Runs a command to its end. libgomp's threads sleep while they wait, as in the product: spinning ones take more on a busy machine. */
export async function measuredRun(command: readonly string[]): Promise<MeasuredRun> {
  const started = performance.now();
  const shell = spawn('bash', ['-c', timed, 'bash', ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
  });
  const ended = once(shell, 'close');
  const texts = Promise.all([shell.stdout, shell.stderr, shell.stdio[3]].map(textOf));
  const peaks = await watchPeaks(shell);
  await ended;
  const [stdout = '', stderr = '', used = ''] = await texts;
  return {
    code: shell.exitCode,
    stdout,
    stderr,
    cpuSeconds: used
      .trim()
      .split(/\s+/)
      .map(Number)
      .reduce((sum, part) => sum + part, 0),
    wallSeconds: (performance.now() - started) / 1000,
    peakBytes: [...peaks.values()].reduce((sum, peak) => sum + peak, 0),
  };
}

function textOf(stream: Readable | Writable | null | undefined): Promise<string> {
  if (!(stream instanceof Readable)) throw new Error('The output of the command is not read');
  return text(stream);
}

/** The peak of each process below the shell, by pid; resolves when the shell has ended. */
async function watchPeaks(shell: ChildProcess): Promise<Map<number, number>> {
  const peaks = new Map<number, number>();
  while (shell.exitCode === null && shell.signalCode === null) {
    for (const pid of await descendants(shell.pid ?? 0)) {
      const peak = await peakOf(pid);
      if (peak !== undefined) peaks.set(pid, peak);
    }
    await sleep(LOOK);
  }
  return peaks;
}

/** All processes below this one. */
async function descendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const pids = children.split(' ').filter(Boolean).map(Number);
  return [...pids, ...(await Promise.all(pids.map(descendants))).flat()];
}

/** Undefined when the process has just ended. */
async function peakOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
