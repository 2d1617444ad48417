import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Routing } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Score } from './peer-messages.js';
import { parseLine, Score as ScoreMessage } from './peer-messages.js';
import { startBrokenPeer } from '../fixtures/broken-peer.js';
import type { Pod, PodFolder } from '../fixtures/pod-process.js';
import { annotateRouting } from '../fixtures/pod-process.js';
import {
  acknowledged,
  changeManifest,
  customers,
  eventually,
  manifest,
  patient,
  peerOf,
  predict,
  raiseThreshold,
  samplesOf,
  signedFolder,
  signingKey,
  start,
} from '../fixtures/routed-pods.js';

const columns = ['tenure', 'contract'];
const table = { columns, rows: customers.slice(0, 30).map(({ tenure, contract }) => [tenure, contract]) };

/** Gives the folder's artifact rows to replay. */
async function addReplayRows(folder: PodFolder, text: string, sha256 = sha256Of(text)): Promise<void> {
  await writeFile(join(folder.artifact, 'replay.json'), text);
  await changeManifest(folder, { replay: { file: 'replay.json', sha256, rows: 30 } });
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const ownNumbers = ['churnops_predictions_total', 'churnops_requests_total', 'churnops_row_errors_total'] as const;
const source = 'Replay';

describe('a pod that replays', () => {
  const folders: PodFolder[] = [];
  const pods: Pod[] = [];
  let stable: Pod;
  let sequence = 0;

  beforeAll(async () => {
    for (let each = 0; each < 3; each += 1) folders.push(await signedFolder());
    const [own, other, candidate] = folders;
    await addReplayRows(own!, JSON.stringify(table));
    await raiseThreshold(candidate!);
    pods.push(...(await Promise.all([start(own!, 'telco-1'), start(other!, 'telco-1'), start(candidate!, 'telco-2')])));
    stable = pods[0]!;
  });

  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.kill()));
    await Promise.all(folders.map((folder) => folder.remove()));
  });

  async function route(routing: Omit<Routing, 'sequence' | 'deadlineMilliseconds'>): Promise<void> {
    sequence += 1;
    await annotateRouting(folders[0]!, { sequence, deadlineMilliseconds: patient, ...routing });
    await acknowledged(stable, sequence, routing.candidate?.percent ?? 0);
  }

  function toCandidate(mode: 'Shadow' | 'Answer', percent: number) {
    const candidate = { revision: 'telco-2', percent, mode, peers: [peerOf('candidate', pods[2]!)] };
    return { candidate, control: { peers: [peerOf('sibling', pods[1]!)] } };
  }

  it('sends both groups as many of its held-out rows, which count as no predictions of its own', async () => {
    const before = await Promise.all(pods.map(samplesOf));
    await route({ ...toCandidate('Answer', 0), replay: { rowsPerSecond: 100 } });
    const answered = { source, outcome: 'Answered' };
    // Every row twice, so that it has begun anew.
    await eventually(async () => {
      const samples = await samplesOf(stable);
      return samples.sum('churnops_forwarded_total', { ...answered, group: 'Candidate' }) >= 60;
    });
    // A change of the routing is no new beginning for the numbers.
    await route({ ...toCandidate('Answer', 0), replay: { rowsPerSecond: 0.01 } });
    const copies = async () => {
      const after = await Promise.all(pods.map(samplesOf));
      return after.map((samples) => samples.sum('churnops_copied_predictions_total'));
    };
    // What was under way when it ended is counted by the peers before it is counted by the router.
    await eventually(async () => {
      const samples = await samplesOf(stable);
      const counted = ['Control', 'Candidate'].map((group) => {
        return samples.sum('churnops_forwarded_total', { ...answered, group });
      });
      return JSON.stringify([0, ...counted]) === JSON.stringify(await copies());
    });

    const samples = await samplesOf(stable);
    const [candidate, control] = ['Candidate', 'Control'].map((group) => ({
      sent: samples.sum('churnops_forwarded_total', { source, group }),
      answered: samples.sum('churnops_forwarded_total', { ...answered, group }),
      timed: samples.sum('churnops_forward_duration_seconds_count', { source, group }),
      scored: samples.sum('churnops_forwarded_scores_total', { source, group }),
    }));
    expect(control!.sent).toBe(candidate!.sent);
    for (const { answered: rows, timed } of [candidate!, control!]) expect(timed).toBe(rows);
    // Scores are compared on the same rows.
    expect([candidate!.scored, control!.scored]).toEqual([candidate!.answered, candidate!.answered]);
    expect(samples.sum('churnops_forwarded_total', { source: 'Live' })).toBe(0);
    const leavers = await Promise.all(customers.slice(0, 30).map((customer) => predict(pods[1]!, customer)));
    const share = leavers.filter(({ churn }) => churn).length;
    const flips = samples.sum('churnops_decision_flips_total', { source });
    expect(flips).toBeGreaterThanOrEqual(share);
    expect(flips).toBeLessThan(candidate!.answered);
    const after = await samplesOf(stable);
    for (const name of ownNumbers) expect(after.sum(name) - before[0]!.sum(name)).toBe(0);
  });

  it('answers the live rows of an open rollout with the candidate, and counts them apart', async () => {
    await route({ ...toCandidate('Answer', 100), replay: { rowsPerSecond: 100 } });
    await eventually(async () => (await predict(stable, customers[0]!)).revision === 'telco-2');
    const before = await Promise.all(pods.map(samplesOf));
    for (const customer of customers) await predict(stable, customer);
    const after = await Promise.all(pods.map(samplesOf));
    const grown = (pod: number, name: string, labels = {}) =>
      after[pod]!.sum(name, labels) - before[pod]!.sum(name, labels);
    expect(grown(0, 'churnops_forwarded_total', { source: 'Live', outcome: 'Answered' })).toBe(customers.length);
    expect(grown(2, 'churnops_predictions_total')).toBe(customers.length);
    await eventually(async () => {
      const copies = (await samplesOf(pods[2]!)).sum('churnops_copied_predictions_total');
      return copies > before[2]!.sum('churnops_copied_predictions_total');
    });
  });

  it('stops when the routing says so', async () => {
    await route({ ...toCandidate('Answer', 0), replay: { rowsPerSecond: 100 } });
    await route({});
    const received: string[] = [];
    const peer = await startBrokenPeer(signingKey, () => undefined);
    try {
      const candidate = { ...toCandidate('Shadow', 100).candidate, peers: [peerOf('peer', { peerPort: peer.port })] };
      await route({ candidate });
      // The live row, which is sent last, is the only one that arrives.
      await eventually(async () => {
        await predict(stable, customers[0]!);
        return peer.received.length > 0;
      });
      received.push(...peer.received);
    } finally {
      await peer.close();
    }
    const rows = received.flatMap((document) => parseLine(ScoreMessage, document)?.rows ?? []);
    expect(rows.filter((row) => JSON.stringify(row) !== JSON.stringify(customers[0]))).toEqual([]);
  });
});

describe('the rows that a pod replays', () => {
  /** Starts a pod with such an artifact, and resolves with the first rows that it replays. */
  async function replayed(prepare: (folder: PodFolder) => Promise<void>): Promise<unknown[]> {
    const folder = await signedFolder();
    await prepare(folder);
    const scored: Score[] = [];
    const peer = await startBrokenPeer(signingKey, (_, message) => scored.push(message));
    const candidate = {
      revision: 'telco-2',
      percent: 0,
      mode: 'Shadow',
      peers: [peerOf('peer', { peerPort: peer.port })],
    } as const;
    await annotateRouting(folder, { sequence: 1, candidate, replay: { rowsPerSecond: 100 } });
    const pod = await start(folder, 'telco-1');
    try {
      await eventually(() => Promise.resolve(scored.length >= 8));
      expect(scored.map(({ copy }) => copy)).toEqual(scored.map(() => true));
      return scored.flatMap(({ rows }) => rows);
    } finally {
      await pod.kill();
      await peer.close();
      await folder.remove();
    }
  }

  const golden = manifest.goldenRows.map(({ row }) => row);
  const heldOut = customers.slice(0, 30).map(({ tenure, contract }) => ({ tenure, contract }));

  it.each<[string, (folder: PodFolder) => Promise<void>, unknown[]]>([
    ['are those of its artifact', (folder) => addReplayRows(folder, JSON.stringify(table)), heldOut],
    [
      'are those of its artifact that fit the contract',
      (folder) => addReplayRows(folder, JSON.stringify({ columns, rows: [...table.rows, ['x', 'One year']] })),
      heldOut,
    ],
    ['are the golden ones when the artifact has no others', () => Promise.resolve(), golden],
    [
      'are the golden ones when the file is another',
      (folder) => addReplayRows(folder, JSON.stringify(table), 'f'.repeat(64)),
      golden,
    ],
    ['are the golden ones when the file is damaged', (folder) => addReplayRows(folder, '{"columns":'), golden],
    [
      'are the golden ones when the file is missing',
      (folder) => changeManifest(folder, { replay: { file: 'replay.json', sha256: 'f'.repeat(64), rows: 30 } }),
      golden,
    ],
  ])('%s', async (_, prepare, expected) => {
    const possible = new Set(expected.map((row) => JSON.stringify(row)));
    const rows = await replayed(prepare);
    expect(rows.filter((row) => !possible.has(JSON.stringify(row)))).toEqual([]);
  });
});
