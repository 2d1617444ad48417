import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadTarget } from '../closed-loop.js';
import { ClosedLoop } from '../closed-loop.js';
import { cpuSeconds } from '../cpu-seconds.js';

/** Milliseconds between two looks at the clock of a server. */
const POLL = 20;

/** What a server did while it alone was asked. */
export interface CpuWindow {
  readonly answers: number;
  /** Wall time, in seconds. */
  readonly seconds: number;
  /** CPU of the server with all its threads, in seconds. */
  readonly cpu: number;
}

/** Asks a server until it has used so many seconds of CPU: as long on a quiet machine, longer on a busy one. */
export async function cpuWindow(
  pid: number,
  target: LoadTarget,
  load: { readonly connections: number; readonly seconds: number },
): Promise<CpuWindow> {
  const clients = await ClosedLoop.connected(target, load.connections);
  const before = await cpuSeconds(pid);
  const start = performance.now();
  const end = new AbortController();
  const answering = clients.run(end.signal);
  while ((await cpuSeconds(pid)) - before < load.seconds) await Promise.race([answering, sleep(POLL)]);
  end.abort();
  const answers = await answering;
  const seconds = (performance.now() - start) / 1000;
  clients.close();
  return { answers, cpu: (await cpuSeconds(pid)) - before, seconds };
}

export function perCpuSecond({ answers, cpu }: CpuWindow): number {
  return answers / cpu;
}
