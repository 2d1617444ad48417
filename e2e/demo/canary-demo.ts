import type { RolloutStatus } from '@churnops/crds';
import { currentCluster } from '../harness/real-cluster.js';
import { RolloutStory, shortCanary } from '../harness/rollout-story.js';
import { constantRate, type Load, telcoCustomers } from '../harness/service-calls.js';
import { printHeader, printLine } from './canary-table.js';

/** What `make demo-canary` shows, once the cluster is there. Its namespace is gone at the end, also after Ctrl-C. */

const RATE = 100;
const LOOK_MS = 1_000;

interface Seen {
  readonly revision: string;
  readonly status: RolloutStatus;
}

function say(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

/** Whether it was promoted for good, or is rolled back and no pod sends rows to it any more. */
function isOver({ stage, acknowledgedPercent = 0 }: RolloutStatus): boolean {
  return stage === 'Complete' || (stage === 'RolledBack' && acknowledgedPercent === 0);
}

/** Prints a line a second until the rollout is over. */
async function watch(story: RolloutStory, load: Load, revision: string): Promise<Seen> {
  printHeader();
  for (;;) {
    const status = await story.rolloutOf(revision);
    printLine(revision, status, await load.sofar());
    if (status !== undefined && isOver(status)) return { revision, status };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function show(story: RolloutStory): Promise<void> {
  const { namespace } = story.playground;
  const load = await constantRate(story.playground, {
    path: '/predict',
    rows: (await telcoCustomers()).slice(0, 1_500),
    rate: RATE,
  });
  say(
    `telco-1 serves ${RATE} requests a second. Follow it in another shell: kubectl -n ${namespace} get churn,churnrev -w`,
  );

  say('A new revision, as good as the one that serves:');
  const good = await watch(story, load, await story.change({ serving: { requestTimeoutSeconds: 29 } }));
  await story.untilServes(good.revision);

  // Without the shadow, users' rows go to it at once: the demo is about what they see then.
  say('A new revision that answers the first 120 rows well, and all others with an error:');
  await story.patch({ rollout: { shadowSamples: 0 } });
  const bad = await watch(story, load, await story.breakWith('errors'));

  const { sent, failed, revisions } = await load.end();
  const served = Object.entries(revisions).map(([revision, answers]) => `${revision} ${answers}`);
  say('What was seen:');
  for (const { revision, status } of [good, bad]) {
    const outcome = status.stage === 'Complete' ? 'was promoted' : 'was rolled back';
    const seconds = (Date.parse(status.endTime ?? '') - Date.parse(status.startTime)) / 1_000;
    process.stdout.write(`  ${revision} ${outcome} after ${seconds.toFixed(0)} s. ${status.message ?? ''}\n`);
  }
  process.stdout.write(`  Users: ${sent} requests, ${failed} failed. Answered by ${served.join(', ')}.\n`);
  if (good.status.stage !== 'Complete' || bad.status.stage !== 'RolledBack' || failed > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const cluster = await currentCluster();
  const story = await RolloutStory.begin(cluster, 'demo-canary');
  const leave = async () => {
    await story.playground.leave();
    say(`The namespace ${story.playground.namespace} is being deleted. The cluster stays: make clean takes it away.`);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void leave().finally(() => process.exit(130));
    });
  }
  try {
    say('Training a model of 7,043 customers (about a minute)');
    await story.train({ rollout: shortCanary, autoscaling: { policy: 'None', replicas: 2 } });
    await show(story);
  } finally {
    await leave();
    await cluster.close();
  }
}

await main();
