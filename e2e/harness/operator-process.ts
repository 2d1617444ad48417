import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { ChildProgram } from './child-program.js';
import { metricSum } from './metric-sum.js';
import { repositoryRoot } from './repository-root.js';
import { until } from './until.js';

const StartLine = z.looseObject({ msg: z.literal('The operator has started'), port: z.number() });

export interface OperatorProcessOptions {
  /** Default: it takes itself for a pod, and `env` says of which ServiceAccount. */
  readonly kubeconfig?: string;
  /** Where its log goes (appended). */
  readonly logPath: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The compiled operator as a process of its own, as it runs in its image. */
export class OperatorProcess {
  readonly #program: ChildProgram;
  readonly #logPath: string;
  readonly #logStart: number;
  #port: number | undefined;

  private constructor(program: ChildProgram, logPath: string, logStart: number) {
    this.#program = program;
    this.#logPath = logPath;
    this.#logStart = logStart;
  }

  /** Starts it and waits for nothing. */
  static async start({ kubeconfig, logPath, env = {} }: OperatorProcessOptions): Promise<OperatorProcess> {
    const before = await readFile(logPath, 'utf8').catch(() => '');
    const program = new ChildProgram(process.execPath, {
      name: 'operator',
      args: await commandOfImage(),
      logPath,
      env: {
        NODE_ENV: 'production',
        NODE_OPTIONS: '',
        ...(kubeconfig !== undefined && { CHURNOPS_KUBECONFIG: kubeconfig }),
        CHURNOPS_TRAINER_IMAGE: 'churnops/trainer:0.1.0',
        CHURNOPS_SERVING_IMAGE: 'churnops/serving:0.1.0',
        CHURNOPS_LEASE_NAMESPACE: 'default',
        CHURNOPS_PORT: '0',
        ...env,
      },
    });
    return new OperatorProcess(program, logPath, before.length);
  }

  get pid(): number {
    const { pid } = this.#program;
    if (pid === undefined) throw new Error('The operator could not be started');
    return pid;
  }

  /** Everything that it logged. */
  async log(): Promise<string> {
    return (await readFile(this.#logPath, 'utf8')).slice(this.#logStart);
  }

  /** The sum of a metric over all its series that have these labels; 0 when there is none. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const answer = await request(`http://127.0.0.1:${await this.#metricsPort()}/metrics`);
    return metricSum(await answer.body.text(), name, labels);
  }

  /** Memory that it holds now and held at most, in MiB. */
  async memory(): Promise<{ readonly rss: number; readonly peak: number }> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
    return { rss: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
  }

  /** CPU time that it took so far, in seconds. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8');
    // After the name in brackets: field 3 is the state, 14 and 15 are user and system time in ticks of 10 ms.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** How many established TCP connections it has to this port of 127.0.0.1. */
  async connectionsTo(port: number): Promise<number> {
    const sockets = await socketsOf(this.pid);
    const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((row) => row.trim().split(/\s+/));
    return rows.filter(([, , to, state, , , , , , inode]) => {
      return to === remote && state === ESTABLISHED && sockets.has(inode ?? '');
    }).length;
  }

  /** Asks it to end, as a kubelet does, and waits for its end. Returns its exit code. */
  async stop(): Promise<number | null> {
    this.#program.signal('SIGTERM');
    return this.#program.ended;
  }

  get isRunning(): boolean {
    return this.#program.isRunning;
  }

  /** Stops it in the middle of whatever it does, until `thaw`. */
  freeze(): void {
    this.#program.signal('SIGSTOP');
  }

  thaw(): void {
    this.#program.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }

  async #metricsPort(): Promise<number> {
    this.#port ??= await until(
      'the operator has started',
      async () => {
        await this.#program.assertRunning();
        return portIn(await this.log());
      },
      () => this.log(),
    );
    return this.#port;
  }
}

const Entrypoint = z.tuple([z.literal('node')], z.string());

/** What the image starts, flags for V8 included: they decide how much memory it takes. */
async function commandOfImage(): Promise<string[]> {
  const path = join(repositoryRoot(), 'operator', 'Dockerfile');
  const line = /^ENTRYPOINT (.*)$/m.exec(await readFile(path, 'utf8'))?.[1] ?? '[]';
  const [, ...args] = Entrypoint.parse(JSON.parse(line));
  return args.map((arg) => (arg.endsWith('.js') ? join(repositoryRoot(), arg) : arg));
}

const ESTABLISHED = '01';

async function socketsOf(pid: number): Promise<ReadonlySet<string>> {
  const folder = `/proc/${pid}/fd`;
  // A descriptor may be closed while we look.
  const targets = (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => ''));
  const sockets = (await Promise.all(targets)).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]);
  return new Set(sockets.filter((inode) => inode !== undefined));
}

function portIn(log: string): number | undefined {
  const lines = log.split('\n').filter((line) => line.includes('The operator has started'));
  return lines.map((line) => StartLine.safeParse(JSON.parse(line)).data?.port).at(-1);
}
