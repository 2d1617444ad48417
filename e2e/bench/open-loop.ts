import { setImmediate as turn } from 'node:timers/promises';
import type { LoadTarget } from './closed-loop.js';
import { HttpClient } from './http-client.js';
import { randomOf } from './random.js';

/** Requests that come whether or not the ones before were answered. */
export interface OpenLoad {
  /** Requests a second, on average. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
  readonly seed: number;
}

/**
 * Asks at random times (a Poisson process) without sleeping in between.
 *
 * @returns How long each answer took, in milliseconds from the time when its request was due: one that had to wait for a
 * connection waited, too.
 * @throws Error when an answer is not 200.
 */
export async function openLoop({ port, requests }: LoadTarget, load: OpenLoad): Promise<number[]> {
  const clients = await Promise.all(Array.from({ length: load.connections }, () => HttpClient.connected(port)));
  const idle = [...clients];
  const took: number[] = [];
  const failures: unknown[] = [];
  const ask = async (client: HttpClient, due: number, request: string) => {
    try {
      await client.ask(request);
      took.push(performance.now() - due);
    } catch (error) {
      failures.push(error);
    }
    idle.push(client);
  };
  const start = performance.now();
  const asked: Promise<void>[] = [];
  for (const [number, due] of dueTimes(load).entries()) {
    const client = await idleAt(start + due, idle);
    asked.push(ask(client, start + due, requests[number % requests.length] ?? ''));
  }
  await Promise.all(asked);
  for (const client of clients) client.close();
  if (failures.length > 0) throw new Error(`${failures.length} requests failed`, { cause: failures[0] });
  return took;
}

/** Takes a client as soon as the time has come and one is idle. */
async function idleAt(time: number, idle: HttpClient[]): Promise<HttpClient> {
  for (;;) {
    const client = performance.now() >= time ? idle.pop() : undefined;
    if (client !== undefined) return client;
    await turn();
  }
}

/** In milliseconds from the start. */
function dueTimes({ rate, seconds, seed }: OpenLoad): number[] {
  const { uniform } = randomOf(seed);
  let due = 0;
  return Array.from({ length: Math.ceil(rate * seconds) }, () => {
    due += (-Math.log(1 - uniform()) / rate) * 1000;
    return due;
  });
}
