import { createSecretKey } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ForwardOutcome, servingEnvironment } from '@churnops/crds';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  annotateRouting,
  mountSigningKeys,
  type Pod,
  podFolder,
  type PodFolder,
  startPod,
} from '../../../serving/src/fixtures/pod-process.js';

const key = { id: '20260101T000000Z-0123abcd', key: createSecretKey(Buffer.alloc(32, 7)) };
const preload = join(import.meta.dirname, 'preload.mjs');
/** Enough for the ways that break after some rows. */
const customers = Array.from({ length: 80 }, (_, row) => ({
  customer_id: `C-${row}`,
  tenure: row,
  contract: row % 3 === 0 ? 'Month-to-month' : 'One year',
}));
const DEADLINE_MS = 1_000;

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

async function signedFolder(): Promise<PodFolder> {
  const folder = await podFolder();
  await mountSigningKeys(folder, [key]);
  return folder;
}

function start(folder: PodFolder, revision: string, way?: string): Promise<Pod> {
  return startPod(folder, {
    [servingEnvironment.revision]: revision,
    [servingEnvironment.authentication]: 'None',
    ...(way !== undefined && { NODE_OPTIONS: `--import=${preload}`, BROKEN_WAY: way }),
  });
}

/** Undefined: no answer within the time, by default that of a patient user. */
async function ask({ url }: Pod, customer: object, milliseconds = 60_000): Promise<Answered | undefined> {
  try {
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(customer),
      signal: AbortSignal.timeout(milliseconds),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  } catch {
    return undefined;
  }
}

describe('a candidate that is broken on purpose', () => {
  let folders: PodFolder[];
  let stable: Pod;
  let sequence = 0;
  let broken: Pod | undefined;

  beforeAll(async () => {
    folders = [await signedFolder(), await signedFolder()];
    stable = await start(folders[0]!, 'telco-1');
  });

  afterEach(() => broken?.kill());

  afterAll(async () => {
    await stable.kill();
    for (const folder of folders) await folder.remove();
  });

  /** Starts the candidate `telco-2`, and makes the stable pod send it everything. */
  async function forwardTo(way: string): Promise<Pod> {
    broken = await start(folders[1]!, 'telco-2', way);
    sequence += 1;
    await annotateRouting(folders[0]!, {
      sequence,
      deadlineMilliseconds: DEADLINE_MS,
      // The counters of a candidate go on while it is the same: each way gets its own name for its pod.
      candidate: {
        revision: 'telco-2',
        percent: 100,
        mode: 'Answer',
        peers: [{ pod: way, address: '127.0.0.1', port: broken.peerPort }],
      },
    });
    await eventually(async () => (await page()).includes(`sequence="${sequence}"`));
    return broken;
  }

  async function page(): Promise<string> {
    return (await fetch(`${stable.metricsUrl}/metrics`)).text();
  }

  async function eventually(look: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 120_000;
    while (!(await look())) {
      if (Date.now() > deadline) throw new Error('The awaited state did not come within 120 s');
      await sleep(100);
    }
  }

  /** Asks the stable pod, which must answer whatever the candidate does, until rows of the candidate ended in this way. */
  async function expectOutcome(way: string, outcome: ForwardOutcome): Promise<void> {
    const wanted = new RegExp(`^churnops_forwarded_total{[^}]*pod="${way}"[^}]*outcome="${outcome}"[^}]*} [1-9]`, 'm');
    await eventually(async () => {
      const answers = await Promise.all(customers.slice(0, 25).map((customer) => ask(stable, customer)));
      for (const answer of answers) expect(answer).toMatchObject({ status: 200 });
      return wanted.test(await page());
    });
  }

  it.each<[string, ForwardOutcome, object | undefined]>([
    ['crash-loop', 'Unreachable', undefined],
    ['crash-under-load', 'Unreachable', undefined],
    ['hang', 'Timeout', undefined],
    ['errors', 'Refused', { status: 500 }],
    ['garbage', 'Malformed', { status: 200, body: expect.stringContaining('<html>') }],
    ['wrong-shape', 'Malformed', { status: 200, body: { score: 'high' } }],
    ['slow', 'Timeout', undefined],
  ])('in the way %s harms nobody whom a stable pod answers', async (way, outcome, direct) => {
    const pod = await forwardTo(way);
    await expectOutcome(way, outcome);
    const answer = await ask(pod, customers[0]!, DEADLINE_MS);
    if (direct === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatchObject(direct);
  });

  it('after its promotion answers routers, and nobody else', async () => {
    const pod = await forwardTo('breaks-after-promotion');
    await expectOutcome('breaks-after-promotion', 'Answered');
    expect(await ask(pod, customers[0]!)).toMatchObject({ status: 500 });
  });

  it('by its memory ends itself where nothing else does', async () => {
    broken = await start(folders[1]!, 'telco-2', 'out-of-memory');
    for (let row = 0; row < 300; row += 1) await ask(broken, customers[0]!);
    await broken.exit;
    expect(broken.child.signalCode).toBe('SIGKILL');
  });

  it.each<[string, (own: readonly number[], other: readonly number[]) => boolean]>([
    ['constant', (_, other) => new Set(other).size === 1],
    ['inverted', (own, other) => own.every((value, row) => Math.abs(1 - value - (other[row] ?? NaN)) < 1e-6)],
    ['shuffled', (own, other) => other.slice(64).every((value, row) => Math.abs(value - (own[row] ?? NaN)) < 1e-6)],
  ])('by a model that is %s answers everybody', async (way, isWrong) => {
    broken = await start(folders[1]!, 'telco-2', way);
    const own: number[] = [];
    const other: number[] = [];
    for (const customer of customers) {
      own.push(probabilityOf(await ask(stable, customer)));
      other.push(probabilityOf(await ask(broken, customer)));
    }
    expect(isWrong(own, other)).toBe(true);
  });
});

function probabilityOf(answer: Answered | undefined): number {
  const { body } = answer ?? {};
  return typeof body === 'object' && body !== null && 'probability' in body ? Number(body.probability) : NaN;
}
