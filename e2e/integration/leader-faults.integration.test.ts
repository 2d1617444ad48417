import { type ClusterClient, createClusterClient, loadKubeConfig, runAsLeader } from '@churnops/operator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../faults/fault-gateway.js';
import { holderOf, trespasses, writersIn } from '../faults/leadership.js';
import { userOf } from '../faults/operator-account.js';
import { startNamedOperator } from '../faults/start-named-operator.js';
import { TcpProxy } from '../faults/tcp-proxy.js';
import { readAuditLog } from '../harness/audit-log.js';
import { repetitions } from '../harness/fault-scale.js';
import { LeaderRecord } from '../harness/leader-record.js';
import { LabClock } from '../harness/lab-clock.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import type { OperatorProcess } from '../harness/operator-process.js';
import { printSpread } from '../harness/print-figure.js';
import { until } from '../harness/until.js';

const HOUR_MS = 3_600_000;
/** A long form with 30 take-overs of up to 17 s each, in ms: it only ends a hang. */
const MANY_TAKEOVERS_MS = 3_600_000;
/** How far the times of day of three processes are wrong. */
const SKEW_HOURS = [-5, 0, 7];
const model = { serving: { access: { authentication: 'None' } } };

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
});

afterAll(async () => {
  await lab.stop();
});

describe('three operator processes whose clocks are hours apart', () => {
  const random = seeded(42);
  let story: Story;
  /** Those that run now, by name. */
  let running: Map<string, OperatorProcess>;
  let started: number;
  let models: string[];
  let users: Set<string>;

  beforeEach(async () => {
    story = await lab.story();
    running = new Map();
    users = new Set();
    models = [];
    started = 0;
    for (let count = 0; count < 3; count += 1) await launch();
    await until('one of them leads', leader);
  });

  afterEach(async () => {
    await Promise.all([...running.values()].map((operator) => operator.kill()));
  });

  async function launch(): Promise<void> {
    started += 1;
    const name = `${story.namespace}-operator-${started}`;
    const skewHours = SKEW_HOURS[started % SKEW_HOURS.length] ?? 0;
    users.add(userOf(name));
    running.set(name, await startNamedOperator(lab, { name, namespace: story.namespace, skewHours }));
  }

  async function leader(): Promise<string | undefined> {
    const holder = await holderOf(story);
    return running.has(holder) ? holder : undefined;
  }

  /** A model that the leader is at work on now. */
  async function begin(): Promise<void> {
    const name = `telco-${String(models.length + 1)}`;
    models.push(name);
    await story.begin(model, name);
  }

  /** The last of them is new, so that the one that leads now has something to do whatever its predecessor had done. */
  async function untilAllReady(): Promise<void> {
    await begin();
    for (const name of models) await story.untilReady(`${name}-1`, name);
    expect(await story.names('Job')).toEqual(models.map((name) => `${name}-1-train`).toSorted());
    expect(await story.names('Deployment')).toEqual(models.map((name) => `${name}-1`).toSorted());
    expect(story.flaws()).toEqual([]);
  }

  async function expectNoTrespass(): Promise<void> {
    const entries = await readAuditLog(lab.controlPlane.auditLogPath);
    expect(trespasses(entries, story.namespace, users)).toEqual([]);
    // Had one user written everything, there would have been nothing to find.
    expect(writersIn(entries, story.namespace, users).size).toBeGreaterThan(1);
  }

  /** Ends the leader in its work, and measures in seconds until another one leads. */
  async function takeover(end: (operator: OperatorProcess, name: string) => Promise<void>): Promise<number> {
    const name = await until('one of them leads', leader);
    const operator = running.get(name)!;
    await begin();
    await sleep(random() * 2_000);
    const since = performance.now();
    const ending = end(operator, name);
    running.delete(name);
    for (let holder = name; holder === name || holder === ''; holder = await holderOf(story)) await sleep(50);
    const seconds = (performance.now() - since) / 1000;
    await ending;
    return seconds;
  }

  it(
    'take over from a leader that is killed, and never write beside it',
    async () => {
      const seconds: number[] = [];
      for (let kill = 0; kill < repetitions({ short: 1, long: 30 }); kill += 1) {
        seconds.push(await takeover((operator) => operator.kill()));
        await launch();
      }
      printSpread('R6 take-over after a kill', seconds, 's');
      await untilAllReady();
      await expectNoTrespass();
    },
    MANY_TAKEOVERS_MS,
  );

  it('take over from a leader that stops in order', async () => {
    const seconds: number[] = [];
    const codes: (number | null)[] = [];
    for (let stop = 0; stop < repetitions({ short: 2, long: 10 }); stop += 1) {
      seconds.push(
        await takeover(async (operator) => {
          codes.push(await operator.stop());
        }),
      );
      await launch();
    }
    printSpread('R6 take-over after a clean stop', seconds, 's');
    expect(codes.filter((code) => code !== 0)).toEqual([]);
    await untilAllReady();
    await expectNoTrespass();
  });

  it('are safe from a leader that was frozen, and comes back in the middle of its work', async () => {
    const seconds: number[] = [];
    for (let freeze = 0; freeze < repetitions({ short: 1, long: 5 }); freeze += 1) {
      const frozen = new Map<string, OperatorProcess>();
      seconds.push(
        await takeover((operator, name) => {
          operator.freeze();
          frozen.set(name, operator);
          return Promise.resolve();
        }),
      );
      await begin();
      const [name, operator] = [...frozen][0]!;
      const thawedAt = new Date().toISOString();
      running.set(name, operator);
      operator.thaw();
      // It asks for the Lease again and again: then it has long done what it was about to do.
      await until('the thawed process contends', async () => {
        const entries = await readAuditLog(lab.controlPlane.auditLogPath);
        const looks = entries.filter(
          ({ user, objectRef, verb, requestReceivedTimestamp }) =>
            user.username === userOf(name) &&
            objectRef?.resource === 'leases' &&
            verb === 'get' &&
            requestReceivedTimestamp > thawedAt,
        );
        return looks.length >= 4;
      });
    }
    printSpread('R6 take-over from a frozen leader', seconds, 's');
    await untilAllReady();
    await expectNoTrespass();
  });
});

describe('contenders whose times of day are years apart', () => {
  it('never lead together, and take over from one that is cut off', async () => {
    const { namespace } = await lab.story();
    const key = { namespace, name: 'contended' };
    const record = new LeaderRecord();
    const clients: ClusterClient[] = [];
    const proxies: TcpProxy[] = [];
    const contend = async (identity: string, skewMs: number) => {
      const proxy = await TcpProxy.start(lab.controlPlane.port);
      const cluster = await createClusterClient(loadKubeConfig(await lab.controlPlane.kubeconfigFor(proxy.url)));
      clients.push(cluster);
      proxies.push(proxy);
      const clock = new LabClock();
      clock.advance(skewMs);
      const stop = new AbortController();
      const lead = (signal: AbortSignal) => record.lead(identity, signal);
      return { identity, proxy, stop, ended: runAsLeader({ cluster, key, identity, lead, clock }, stop.signal) };
    };
    const contenders = [
      await contend('past', -24 * 365 * HOUR_MS),
      await contend('present', 0),
      await contend('future', 24 * 365 * HOUR_MS),
    ];
    const first = await until('one leads', () => Promise.resolve([...record.leading][0]));
    contenders.find(({ identity }) => identity === first)!.proxy.refuse();
    await until('another one leads', () => Promise.resolve([...record.leading].some((identity) => identity !== first)));
    for (const { stop } of contenders) stop.abort();
    await Promise.all(contenders.map(({ ended }) => ended));
    for (const client of clients) await client.close();
    for (const proxy of proxies) await proxy.stop();
    expect(record.together).toEqual([]);
  });
});
