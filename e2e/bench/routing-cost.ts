/**
 * What routing costs a serving pod: requests that it answers per second of CPU, against the same server without routing.
 *
 *   node e2e/dist/bench/routing-cost.js [--fleets 4] [--rounds 6] [--seconds 3] [--connections 32] [--profiles DIR]
 *
 * A fleet is one process of each kind. In every round each of them answers for one window, in shuffled order; ratios are taken
 * inside a round, since a busy machine changes from minute to minute. There are several fleets, because two processes of the
 * same program differ by some per cent for as long as they live. Prints Markdown. Exit code 1 when rows were not forwarded as
 * they should be: then there is no figure. A dear one is no error.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { repositoryRoot } from '../harness/repository-root.js';
import { customerBodies } from './customers.js';
import type { ForwardedRows } from './forwarded-rows.js';
import { forwardedRows } from './forwarded-rows.js';
import type { FleetOptions } from './routing-fleet.js';
import { routingKinds, startFleet } from './routing-fleet.js';
import { reportOf } from './routing-report.js';
import type { Load, Round } from './routing-windows.js';
import { playRound } from './routing-windows.js';
import type { ServingProcess } from './serving-process.js';

interface Outcome {
  readonly rounds: readonly Round[];
  readonly forwarded: ForwardedRows;
}

const data = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');

const Scale = z.object({
  fleets: z.coerce.number().int().min(1),
  rounds: z.coerce.number().int().min(1),
  seconds: z.coerce.number().positive(),
  connections: z.coerce.number().int().min(1),
  profiles: z.string().optional(),
});
type Scale = z.infer<typeof Scale>;

function scaleOf(args: readonly string[]): Scale {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fleets: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '6' },
      seconds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '32' },
      profiles: { type: 'string' },
    },
  });
  return Scale.parse(values);
}

async function trainedArtifact(folder: string): Promise<string> {
  const artifact = join(folder, 'model');
  const trainer = join(repositoryRoot(), 'trainer', 'dist', 'main.js');
  const options = ['--data', data, '--label', 'churn', '--entity-key', 'customer_id', '--out', artifact];
  await promisify(execFile)(process.execPath, [trainer, 'train', ...options, '--trials', '1']);
  return artifact;
}

/** The first two rounds only warm the processes up. */
async function playFleet(options: FleetOptions, rounds: readonly number[], load: Load): Promise<Outcome> {
  const started: ServingProcess[] = [];
  try {
    const fleet = await startFleet(options, started);
    // The router reads its annotation five times a second, and then connects.
    await sleep(1_000);
    const played: Round[] = [];
    const router = fleet.servers['5 %'].process;
    for (const warming of [-1, 0]) await playRound(fleet, load, warming);
    const before = await forwardedRows(router.metricsPort);
    for (const round of rounds) {
      const windows = await playRound(fleet, load, round);
      played.push(windows);
      const micros = routingKinds.map((kind) => ((windows[kind].cpu * 1e6) / windows[kind].answers).toFixed(0));
      process.stderr.write(`Round ${round}: ${micros.join(', ')} us\n`);
    }
    const after = await forwardedRows(router.metricsPort);
    const forwarded = { answered: after.answered - before.answered, failed: after.failed - before.failed };
    return { rounds: played, forwarded };
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
}

function requireForwarding({ answered, failed }: ForwardedRows): void {
  if (answered > 0 && failed <= answered / 1000) return;
  throw new Error(`${answered} forwarded rows were answered and ${failed} failed: no figures of forwarding.`);
}

async function main(): Promise<void> {
  const { fleets, rounds, profiles, ...load } = scaleOf(process.argv.slice(2));
  const folder = await mkdtemp(join(tmpdir(), 'churnops-bench-'));
  try {
    const options = { folder, artifact: await trainedArtifact(folder), bodies: await customerBodies(data), profiles };
    const outcomes: Outcome[] = [];
    for (let fleet = 1; fleet <= fleets; fleet += 1) {
      process.stderr.write(`Fleet ${fleet} of ${fleets}\n`);
      const numbers = Array.from({ length: rounds }, (_, round) => (fleet - 1) * rounds + round + 1);
      outcomes.push(await playFleet(options, numbers, load));
    }
    const sum = (part: keyof ForwardedRows) => outcomes.reduce((total, { forwarded }) => total + forwarded[part], 0);
    const forwarded = { answered: sum('answered'), failed: sum('failed') };
    requireForwarding(forwarded);
    const all = outcomes.flatMap((outcome) => outcome.rounds);
    process.stdout.write(`${reportOf(all, forwarded)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
