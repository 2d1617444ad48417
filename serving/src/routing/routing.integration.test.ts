import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ForwardGroup, ForwardOutcome, Routing } from '@churnops/crds';
import { servingEnvironment } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Misbehaviour } from '../fixtures/broken-peer.js';
import { startBrokenPeer, startStranger } from '../fixtures/broken-peer.js';
import type { Pod, PodFolder } from '../fixtures/pod-process.js';
import { annotateRouting } from '../fixtures/pod-process.js';
import type { Customer, Peers } from '../fixtures/routed-pods.js';
import {
  acknowledged,
  customers,
  eventually,
  manifest,
  patient,
  peerOf,
  post,
  predict,
  raiseThreshold,
  samplesOf,
  signedFolder,
  signingKey,
  start,
} from '../fixtures/routed-pods.js';
import { customerHash } from './customer-hash.js';
import { groupOf } from './group-of.js';
import { murmur3 } from './murmur3.js';
import type { Score } from './peer-messages.js';
import { seal } from './sealed-line.js';

const hash = customerHash(manifest);

function groupFor(customer: Customer, candidate: string, percent: number): ForwardGroup | undefined {
  return groupOf(hash(customer, murmur3(candidate, 0)), percent);
}

const jsonHeaders = { 'content-type': 'application/json' };

describe('a pod that forwards', () => {
  const folders: PodFolder[] = [];
  const pods: Pod[] = [];
  let folder: PodFolder;
  let stable: Pod;
  let sibling: Pod;
  let candidates: readonly [Pod, Pod];
  let sequence = 0;

  beforeAll(async () => {
    for (let each = 0; each < 4; each += 1) folders.push(await signedFolder());
    const [own, other, first, second] = folders;
    folder = own!;
    for (const candidate of [first!, second!]) await raiseThreshold(candidate);
    pods.push(
      ...(await Promise.all([
        start(own!, 'telco-1'),
        start(other!, 'telco-1'),
        start(first!, 'telco-2'),
        // What another pod has let in is not limited again.
        start(second!, 'telco-2', {
          [servingEnvironment.requestsPerSecond]: '1',
          [servingEnvironment.requestBurst]: '1',
        }),
      ])),
    );
    [stable, sibling] = [pods[0]!, pods[1]!];
    candidates = [pods[2]!, pods[3]!];
    await connected();
  });

  afterAll(async () => {
    await Promise.all(pods.map((pod) => pod.kill()));
    await Promise.all(folders.map((each) => each.remove()));
  });

  /** Gives the stable pod its next routing, and waits until it says that it acts on it. */
  async function route(candidate: Routing['candidate'], deadlineMilliseconds = patient): Promise<void> {
    sequence += 1;
    const control = { peers: [peerOf('sibling', sibling)] };
    await annotateRouting(folder, { sequence, deadlineMilliseconds, ...(candidate && { candidate, control }) });
    await acknowledged(stable, sequence, candidate?.percent ?? 0);
  }

  /** Connections stay while the same pods are listed: the first tests find them open, however long that took. */
  async function connected(): Promise<void> {
    await route({ revision: 'telco-2', percent: 50, mode: 'Answer', peers: bothCandidates() });
    await eventually(async () => {
      await Promise.all(customers.map((customer) => predict(stable, customer)));
      const samples = await samplesOf(stable);
      const answered = (pod: string, group: ForwardGroup) =>
        samples.outcomes('telco-2', pod, group).includes('Answered');
      return answered('first', 'Candidate') && answered('second', 'Candidate') && answered('sibling', 'Control');
    });
  }

  function bothCandidates(): Peers {
    return [peerOf('first', candidates[0]), peerOf('second', candidates[1])];
  }

  it('gives the customers of the candidate its answer, and counts every row once', async () => {
    const percent = 30;
    const own = await Promise.all(customers.map((customer) => predict(sibling, customer)));
    await route({ revision: 'telco-2', percent, mode: 'Answer', peers: bothCandidates() });
    const before = await Promise.all(pods.map(samplesOf));
    const answers = await Promise.all(customers.map((customer) => predict(stable, customer)));
    const after = await Promise.all(pods.map(samplesOf));
    const grown = (pod: number, name: string, labels: Readonly<Record<string, string>> = {}) =>
      after[pod]!.sum(name, labels) - before[pod]!.sum(name, labels);

    const groups = customers.map((customer) => groupFor(customer, 'telco-2', percent));
    expect(answers).toEqual(
      own.map((answer, row) => ({
        ...answer,
        ...(groups[row] === 'Candidate' && { revision: 'telco-2', threshold: 0.999, churn: false }),
      })),
    );
    const sizes = { Candidate: 0, Control: 0 };
    for (const group of groups) if (group !== undefined) sizes[group] += 1;
    const predictions = pods.map((_, pod) => grown(pod, 'churnops_predictions_total'));
    const [atStable, atSibling, atFirst = 0, atSecond = 0] = predictions;
    expect([atStable, atSibling, atFirst + atSecond]).toEqual([
      customers.length - sizes.Candidate - sizes.Control,
      sizes.Control,
      sizes.Candidate,
    ]);
    for (const group of ['Candidate', 'Control'] as const) {
      const labels = { candidate: 'telco-2', group };
      expect({
        forwarded: grown(0, 'churnops_forwarded_total', labels),
        answered: grown(0, 'churnops_forwarded_total', { ...labels, outcome: 'Answered' }),
        timed: grown(0, 'churnops_forward_duration_seconds_count', labels),
        scored: grown(0, 'churnops_forwarded_scores_total', labels),
      }).toEqual({ forwarded: sizes[group], answered: sizes[group], timed: sizes[group], scored: sizes.Candidate });
    }
    const flips = own.filter(({ churn }, row) => churn && groups[row] === 'Candidate').length;
    expect(flips).toBeGreaterThan(0);
    expect(grown(0, 'churnops_decision_flips_total', { candidate: 'telco-2' })).toBe(flips);
  });

  it('spreads rows over all pods of the candidate', async () => {
    await route({ revision: 'telco-2', percent: 100, mode: 'Answer', peers: bothCandidates() });
    await eventually(async () => {
      for (const customer of customers.slice(0, 8)) await predict(stable, customer);
      const samples = await samplesOf(stable);
      return ['first', 'second'].every((pod) => samples.outcomes('telco-2', pod).includes('Answered'));
    });
  });

  it('splits a batch by its rows', async () => {
    const percent = 50;
    await route({ revision: 'telco-2', percent, mode: 'Answer', peers: bothCandidates() });
    for (const start of [0, 5, 10]) {
      const rows = [...customers.slice(start, start + 4), { tenure: 'x' }];
      const body = await post(stable, '/predict/batch', { rows });
      const other = { revision: 'telco-2', threshold: 0.999, churn: false };
      const results = customers.slice(start, start + 4).map((customer) => ({
        probability: expect.any(Number),
        churn: expect.any(Boolean),
        ...(groupFor(customer, 'telco-2', percent) === 'Candidate' && other),
      }));
      const refused = { errors: [expect.objectContaining({ field: 'tenure' })] };
      expect(body).toEqual({ revision: 'telco-1', threshold: 0.5, results: [...results, refused] });
    }
  });

  it('shows users nothing of a candidate in the shadow, which counts the copies apart', async () => {
    const before = await Promise.all(candidates.map(samplesOf));
    await route({ revision: 'telco-2', percent: 100, mode: 'Shadow', peers: bothCandidates() });
    const answers = await Promise.all(customers.map((customer) => predict(stable, customer)));
    expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set(['telco-1']));
    const grown = async (name: string) => {
      const after = await Promise.all(candidates.map(samplesOf));
      return after.reduce((sum, samples, pod) => sum + samples.sum(name) - before[pod]!.sum(name), 0);
    };
    await eventually(async () => (await grown('churnops_copied_predictions_total')) === customers.length);
    expect(await grown('churnops_predictions_total')).toBe(0);
  });

  it('goes by a routing that is newer, and by no other', async () => {
    await route({ revision: 'telco-2', percent: 100, mode: 'Answer', peers: bothCandidates() });
    await annotateRouting(folder, { sequence: sequence - 1 });
    await stable.lineWith('older than one that was seen');
    await annotateRouting(folder, '{"sequence":');
    await stable.lineWith('unreadable');
    expect((await predict(stable, customers[0]!)).revision).toBe('telco-2');
    await annotateRouting(folder, '');
    await acknowledged(stable, sequence, 0);
    expect((await predict(stable, customers[0]!)).revision).toBe('telco-1');
  });

  it('forwards nothing that was forwarded', async () => {
    await annotateRouting(folders[2]!, {
      sequence: 1,
      deadlineMilliseconds: patient,
      candidate: { revision: 'telco-1', percent: 100, mode: 'Answer', peers: [peerOf('back', stable)] },
    });
    await eventually(async () => (await predict(candidates[0], customers[0]!)).revision === 'telco-1');
    const peers = [peerOf('first', candidates[0])];
    await route({ revision: 'telco-2', percent: 100, mode: 'Answer', peers });
    const before = await samplesOf(candidates[0]);
    await eventually(async () => (await predict(stable, customers[0]!)).revision === 'telco-2');
    const after = await samplesOf(candidates[0]);
    const [received, sent] = ['churnops_predictions_total', 'churnops_forwarded_total'].map(
      (name) => after.sum(name) - before.sum(name),
    );
    expect(received).toBeGreaterThan(0);
    expect(sent).toBe(0);
    await annotateRouting(folders[2]!, { sequence: 2 });
  });

  const answer = ({ id, revision, rows }: Score, difference: object = {}) => {
    const results = rows.map(() => ({ probability: 0.5, churn: true }));
    return `${JSON.stringify({ kind: 'Answer', id, revision, threshold: 0.5, results, ...difference })}\n`;
  };
  const wrongShape = { results: [{ score: 1 }] };
  const otherReasons: readonly ForwardOutcome[] = ['BreakerOpen', 'Unreachable'];

  it.each<[string, Misbehaviour, ForwardOutcome]>([
    ['answers garbage', (socket) => socket.write('<html>Internal Server Error</html>\n'), 'Malformed'],
    ['answers in a wrong shape', (socket, message) => socket.write(answer(message, wrongShape)), 'Malformed'],
    ['answers with too few rows', (socket, message) => socket.write(answer(message, { results: [] })), 'Malformed'],
    [
      'answers for another revision',
      (socket, message) => socket.write(answer(message, { revision: 'x' })),
      'Malformed',
    ],
    ['answers without end', (socket) => socket.write('x'.repeat(1_000_000)), 'Malformed'],
    [
      'refuses every row',
      (socket, message) => socket.write(answer(message, { results: message.rows.map(() => null) })),
      'Refused',
    ],
    [
      'refuses every message',
      (socket, { id }) => socket.write(`{"kind":"Refusal","id":${id},"reason":"Busy"}\n`),
      'Refused',
    ],
    ['dies', (socket) => socket.destroy(), 'Unreachable'],
    ['hangs', () => undefined, 'Timeout'],
    ['is 2 s slow', (socket, message) => setTimeout(() => socket.write(answer(message)), 2_000), 'Timeout'],
  ])('fails no request while one of two candidate pods %s', async (_, misbehave, outcome) => {
    const broken = await startBrokenPeer(signingKey, misbehave);
    try {
      await expectShielded(broken, outcome);
    } finally {
      await broken.close();
    }
  });

  /** Asks until the broken pod was seen to fail in its way, and looks at how all rows ended. */
  async function expectShielded({ port }: { port: number }, outcome: ForwardOutcome): Promise<void> {
    const peers = [peerOf('first', candidates[0]), peerOf('broken', { peerPort: port })];
    // Another rollout in between ends the counters of the case before.
    await route({ revision: `other-${sequence}`, percent: 0, mode: 'Shadow', peers: [] });
    await route({ revision: 'telco-2', percent: 100, mode: 'Answer', peers }, outcome === 'Timeout' ? 500 : patient);
    await eventually(async () => {
      await Promise.all(customers.slice(0, 4).map((customer) => predict(stable, customer)));
      return (await samplesOf(stable)).outcomes('telco-2', 'broken').includes(outcome);
    });
    const samples = await samplesOf(stable);
    const possible = new Set<string>([outcome, ...otherReasons]);
    expect(samples.outcomes('telco-2', 'broken').filter((each) => !possible.has(each))).toEqual([]);
    expect(samples.outcomes('telco-2', '').filter((each) => each !== 'BreakerOpen')).toEqual([]);
  }

  it('fails no request while nobody listens at the address of the candidate', async () => {
    const gone = await startStranger('');
    await gone.close();
    const peers = [peerOf('gone', { peerPort: gone.port })];
    await route({ revision: 'telco-3', percent: 100, mode: 'Answer', peers });
    const answers = await Promise.all(customers.map((customer) => predict(stable, customer)));
    expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set(['telco-1']));
    expect((await samplesOf(stable)).outcomes('telco-3', 'gone')).toEqual(['Unreachable']);
  });

  const overheard = JSON.stringify({ kind: 'Greeting', revision: 'telco-4', nonce: '0'.repeat(32) });

  it.each([
    ['who speaks another language', 'HTTP/1.1 400 Bad Request\n'],
    ['who repeats a greeting that it overheard', `${seal(signingKey, overheard)}\n`],
  ])('tells a stranger at the address of a pod nothing about a customer: one %s', async (_, reply) => {
    const stranger = await startStranger(reply);
    try {
      const peers = [peerOf('stranger', { peerPort: stranger.port })];
      await route({ revision: 'telco-4', percent: 100, mode: 'Answer', peers });
      await eventually(async () => {
        await predict(stable, customers[0]!);
        return stranger.received.length > 1;
      });
      expect(stranger.received.filter((line) => !line.includes('"kind":"Hello"'))).toEqual([]);
      expect((await samplesOf(stable)).outcomes('telco-4', 'stranger')).not.toContain('Answered');
    } finally {
      await stranger.close();
    }
  });

  it('hands its clients over once it is retired: the new revision answers, and asks them to connect anew', async () => {
    await route({ revision: 'telco-2', percent: 100, mode: 'Answer', peers: bothCandidates() });
    // Fetch keeps its connections, as most clients do.
    const ask = async () => {
      const body = JSON.stringify(customers[0]);
      const response = await fetch(`${stable.url}/predict`, { method: 'POST', headers: jsonHeaders, body });
      return { status: response.status, connection: response.headers.get('connection'), answer: await response.json() };
    };
    expect(await ask()).toMatchObject({ status: 200, connection: 'keep-alive', answer: { revision: 'telco-2' } });
    await writeFile(join(folder.podInfo, 'retired'), '2026-01-01T00:00:00Z');
    try {
      await eventually(async () => (await ask()).connection === 'close');
      expect(await ask()).toMatchObject({ status: 200, connection: 'close', answer: { revision: 'telco-2' } });
    } finally {
      await rm(join(folder.podInfo, 'retired'));
    }
  });

  it('fails no request while a pod of the candidate leaves, and another is killed', async () => {
    await route({ revision: 'telco-2', percent: 100, mode: 'Answer', peers: bothCandidates() });
    let asking = true;
    const client = async () => {
      while (asking) for (const customer of customers) await predict(stable, customer);
    };
    const clients = [client(), client()];
    const [first, second] = candidates;
    first.child.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    await second.kill();
    await eventually(async () => (await samplesOf(stable)).outcomes('telco-2', 'second').includes('Unreachable'));
    asking = false;
    await Promise.all(clients);
  });
});

describe('a new pod', () => {
  it.each([
    ['acts on the routing that is there from its first request on', '{"sequence":7}', '7'],
    ['starts while there is none', '', '0'],
  ])('%s', async (_, routing, sequence) => {
    const folder = await signedFolder();
    await annotateRouting(folder, routing);
    const pod = await start(folder, 'telco-1');
    try {
      expect((await samplesOf(pod)).sum('churnops_routing_info', { sequence })).toBe(1);
      expect((await predict(pod, customers[0]!)).revision).toBe('telco-1');
    } finally {
      await pod.kill();
      await folder.remove();
    }
  });
});

describe('the peer port', () => {
  let folder: PodFolder;
  let pod: Pod;

  beforeAll(async () => {
    folder = await signedFolder();
    pod = await start(folder, 'telco-1');
  });

  afterAll(async () => {
    await pod.kill();
    await folder.remove();
  });

  const hello = (difference: object = {}) =>
    JSON.stringify({ kind: 'Hello', revision: 'telco-1', nonce: '0'.repeat(32), time: Date.now(), ...difference });

  const message = (difference: object = {}) => {
    const head = { kind: 'Score', id: 1, revision: 'telco-1', time: Date.now(), copy: false };
    return seal(signingKey, JSON.stringify({ ...head, rows: [customers[0]], ...difference }));
  };

  /** Sends lines, and resolves with the lines that came back until there are so many, or the connection ended. */
  async function say(lines: readonly string[], expected: number): Promise<string[]> {
    const socket = connect(pod.peerPort, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(lines.map((line) => `${line}\n`).join(''));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > expected) socket.destroy();
    });
    // Only for a pod that neither answers nor ends the connection, which it must.
    const hang = setTimeout(() => socket.destroy(), 30_000);
    await new Promise((resolve) => socket.once('close', resolve));
    clearTimeout(hang);
    return text.split('\n').slice(0, -1);
  }

  it('scores for who holds the key', async () => {
    const [greeting, answer] = await say([seal(signingKey, hello()), message()], 2);
    expect(greeting).toContain('"kind":"Greeting"');
    expect(JSON.parse(answer ?? '')).toMatchObject({ kind: 'Answer', id: 1, revision: 'telco-1', threshold: 0.5 });
  });

  it.each<[string, string, () => string[]]>([
    ['Unsigned', 'is not signed', () => [hello()]],
    [
      'Unsigned',
      'is signed with another key',
      () => [seal({ ...signingKey, key: createSecretKey(Buffer.alloc(32)) }, hello())],
    ],
    ['Malformed', 'is signed and no message', () => [seal(signingKey, '{"kind":"Shutdown"}')]],
    ['Malformed', 'is too long for a stranger', () => ['x'.repeat(100_000)]],
    ['Malformed', 'is too long for a friend', () => [seal(signingKey, hello()), 'x'.repeat(500_000)]],
    ['Stale', 'is a greeting of two minutes ago', () => [seal(signingKey, hello({ time: Date.now() - 120_000 }))]],
    ['ForeignRevision', 'is a greeting for another revision', () => [seal(signingKey, hello({ revision: 'telco-2' }))]],
    ['Stale', 'is two minutes old', () => [seal(signingKey, hello()), message({ time: Date.now() - 120_000 })]],
    ['ForeignRevision', 'is for another revision', () => [seal(signingKey, hello()), message({ revision: 'telco-2' })]],
  ])('refuses as %s what %s', async (reason, _, lines) => {
    const refusals = async () => (await samplesOf(pod)).sum('churnops_peer_refusals_total', { reason });
    const before = await refusals();
    const replies = await say(lines(), 2);
    expect(replies.filter((reply) => reply.includes('"kind":"Answer"'))).toEqual([]);
    expect(await refusals()).toBe(before + 1);
  });
});
