import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

// Ends the program soon after the test process is gone, however that ended.
const WATCHDOG =
  'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -0 "$1" 2>/dev/null || kill -9 "$2"';

/** A program that a test started: it ends by `stop`, or with the test process. */
export class ChildProgram {
  readonly #name: string;
  readonly #logPath: string;
  readonly #child: ChildProcess;
  /** Resolves with the exit code; null when a signal ended it, or when it could not be started. */
  readonly ended: Promise<number | null>;
  #isRunning = true;

  /** Starts the program; its output is appended to the log file. */
  constructor(
    path: string,
    options: {
      readonly name: string;
      readonly args: readonly string[];
      readonly logPath: string;
      /** Added to the environment of this process. */
      readonly env?: Readonly<Record<string, string>>;
    },
  ) {
    this.#name = options.name;
    this.#logPath = options.logPath;
    const log = openSync(options.logPath, 'a');
    this.#child = spawn(path, options.args, { stdio: ['ignore', log, log], env: { ...process.env, ...options.env } });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.#isRunning = false;
        resolve(code);
      };
      this.#child.once('exit', end).once('error', () => {
        end(null);
      });
    });
    const watched = [String(process.pid), String(this.#child.pid ?? '')];
    if (watched[1] !== '') spawn('sh', ['-c', WATCHDOG, 'watchdog', ...watched], { stdio: 'ignore' }).unref();
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Throws with the end of the log when the program has ended. */
  async assertRunning(): Promise<void> {
    if (this.#isRunning) return;
    const log = await readFile(this.#logPath, 'utf8');
    throw new ProgramEnded(`${this.#name} has ended by itself:\n${log.split('\n').slice(-15).join('\n')}`);
  }

  /** Sends the signal, if the program still runs. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isRunning) this.#child.kill(signal);
  }

  /** Ends the program at once and waits for its end. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}

export class ProgramEnded extends Error {
  override readonly name = 'ProgramEnded';
}
