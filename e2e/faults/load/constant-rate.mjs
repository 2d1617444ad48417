/**
 * Sends requests at a constant rate, whatever the answers take (open loop), over kept-alive connections, and says at the end
 * how many failed. A request fails when its answer isn't 200 with a probability from 0 to 1, a decision and a revision of the model
 * within the time limit.
 *
 *   node constant-rate.mjs URL [--rate 50] [--seconds 60] [--body FILE | --rows FILE] [--model NAME] [--header 'name: value']... [--connections 20] [--timeout 10] [--settle 0] [--report 0]
 *
 * --body is sent with every request; of --rows, a JSON list, each request sends the next one. With --model, answers that name
 * a revision of another model fail. The last line is JSON: {"sent", "succeeded", "failed", "revisions": {"telco-1": 100},
 * "failures": {"reason": 1}, "milliseconds": {"p50", "p99", "longest"}}; with --report the same is said every so many seconds.
 * With --settle it first waits, at most so many seconds, until ten requests in a row succeed: those are not counted, since
 * kube-proxy may need a second until a new pod reaches a Service. Says "Sending" when counting starts. Ends early, in order, on SIGTERM. Exit code 0 when nothing failed, else 1; 2 for wrong use.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '60' },
    body: { type: 'string' },
    rows: { type: 'string' },
    model: { type: 'string' },
    report: { type: 'string', default: '0' },
    header: { type: 'string', multiple: true, default: [] },
    connections: { type: 'string', default: '20' },
    timeout: { type: 'string', default: '10' },
    settle: { type: 'string', default: '0' },
  },
});
const url = positionals[0];
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const report = Number(values.report);
if (url === undefined || !(rate > 0) || !(seconds > 0)) {
  console.error(
    'Usage: node constant-rate.mjs URL [--rate 50] [--seconds 60] [--body FILE] [--header "name: value"]...',
  );
  process.exit(2);
}

/** What is sent, one after the other; without any, requests are GETs. */
const bodies = bodiesToSend();
const agent = new Agent({ keepAlive: true, maxSockets: Number(values.connections) });
const headers = Object.fromEntries(
  values.header.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
);
if (bodies.length > 0) Object.assign(headers, { 'content-type': 'application/json' });

const result = { sent: 0, succeeded: 0, failed: 0, revisions: {}, failures: {} };
/** How many answers took a whole number of milliseconds, as long as a pod's default time limit: later ones count as that. */
const took = new Uint32Array(60_001);
let turn = 0;
/** When the last report was, in seconds since the start. */
let reported = 0;
const open = new Set();
let stopped = false;
process.on('SIGTERM', () => {
  stopped = true;
});

function bodiesToSend() {
  if (values.rows !== undefined) {
    return JSON.parse(readFileSync(values.rows, 'utf8')).map((row) => Buffer.from(JSON.stringify(row)));
  }
  return values.body === undefined ? [] : [readFileSync(values.body)];
}

/** Kinds of failures that are told apart. */
const MAX_FAILURES = 20;

function count(table, name) {
  const key = name in table || Object.keys(table).length < MAX_FAILURES ? name : 'others';
  table[key] = (table[key] ?? 0) + 1;
}

function judge(status, text) {
  // Not all of it: every answer has an id of its own, and a line of a log only so much room.
  if (status !== 200) return { failure: `status ${status}: ${text.slice(0, 100)}` };
  try {
    const { revision, probability, churn } = JSON.parse(text);
    const whole = typeof probability === 'number' && probability >= 0 && probability <= 1 && typeof churn === 'boolean';
    // What is asked without a body is no prediction.
    if (bodies.length > 0 && !whole) return { failure: `wrong shape: ${text.slice(0, 200)}` };
    if (!isRevision(revision)) return { failure: `answer of '${String(revision)}'` };
    return { revision };
  } catch {
    return { failure: `not JSON: ${text.slice(0, 50)}` };
  }
}

function isRevision(revision) {
  if (typeof revision !== 'string') return false;
  return values.model === undefined || new RegExp(`^${values.model}-[0-9]+$`).test(revision);
}

/** The time that a share of the answers took at most, in milliseconds. */
function quantile(share) {
  let left = share * (result.succeeded + result.failed);
  return took.findIndex((answers) => (left -= answers) <= 0);
}

function summary() {
  const milliseconds = {
    p50: quantile(0.5),
    p99: quantile(0.99),
    longest: took.findLastIndex((answers) => answers > 0),
  };
  return JSON.stringify({ ...result, milliseconds });
}

/** Resolves with the revision that answered, or with what went wrong. */
function ask() {
  const body = bodies[turn % bodies.length];
  turn += 1;
  const length = body === undefined ? {} : { 'content-length': body.length };
  const options = { method: body === undefined ? 'GET' : 'POST', agent, headers: { ...headers, ...length } };
  return new Promise((resolve) => {
    const call = request(url, options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', (error) => resolve({ failure: `answer broke: ${error.code ?? error.message}` }));
      answer.on('end', () => resolve(judge(answer.statusCode, Buffer.concat(chunks).toString('utf8'))));
    });
    call.setTimeout(Number(values.timeout) * 1000, () => call.destroy(new Error('timeout')));
    call.on('error', (error) =>
      resolve({
        failure: `no answer: ${error.code ?? error.message}${call.reusedSocket ? ' (reused connection)' : ''}`,
      }),
    );
    call.end(body);
  });
}

function send() {
  result.sent += 1;
  const start = performance.now();
  const finished = ask().then(({ failure, revision }) => {
    open.delete(finished);
    took[Math.min(Math.round(performance.now() - start), took.length - 1)] += 1;
    if (failure === undefined) {
      result.succeeded += 1;
      count(result.revisions, revision);
    } else {
      result.failed += 1;
      count(result.failures, failure);
    }
  });
  open.add(finished);
}

async function settle() {
  const end = performance.now() + Number(values.settle) * 1000;
  for (let inARow = 0; inARow < 10 && performance.now() < end && !stopped;) {
    const { failure } = await ask();
    inARow = failure === undefined ? inARow + 1 : 0;
    if (failure !== undefined) await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function tick(start) {
  const elapsed = (performance.now() - start) / 1000;
  while (result.sent < Math.min(elapsed, seconds) * rate && !stopped) send();
  if (report > 0 && elapsed >= reported + report) {
    reported = elapsed;
    console.log(summary());
  }
  if (elapsed < seconds && !stopped) {
    setTimeout(() => tick(start), 5);
    return;
  }
  void Promise.all(open).then(() => {
    agent.destroy();
    console.log(summary());
    process.exitCode = result.failed === 0 ? 0 : 1;
  });
}

await settle();
console.log(`Sending ${rate} requests a second to ${url}`);
tick(performance.now());
