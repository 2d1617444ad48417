/**
 * Sends requests at a constant rate, whatever the answers take (open loop), over kept-alive connections, and says at the end
 * how many failed. A request fails when its answer isn't 200 with the expected shape within the time limit.
 *
 *   node constant-rate.mjs URL [--rate 50] [--seconds 60] [--body FILE] [--header 'name: value']... [--connections 20] [--timeout 10] [--settle 0]
 *
 * The last line is JSON: {"sent", "succeeded", "failed", "revisions": {"telco-1": 100}, "failures": {"reason": 1}}.
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
    header: { type: 'string', multiple: true, default: [] },
    connections: { type: 'string', default: '20' },
    timeout: { type: 'string', default: '10' },
    settle: { type: 'string', default: '0' },
  },
});
const url = positionals[0];
const rate = Number(values.rate);
const seconds = Number(values.seconds);
if (url === undefined || !(rate > 0) || !(seconds > 0)) {
  console.error(
    'Usage: node constant-rate.mjs URL [--rate 50] [--seconds 60] [--body FILE] [--header "name: value"]...',
  );
  process.exit(2);
}

const body = values.body === undefined ? undefined : readFileSync(values.body);
const agent = new Agent({ keepAlive: true, maxSockets: Number(values.connections) });
const headers = Object.fromEntries(
  values.header.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
);
if (body !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'content-length': body.length });

const result = { sent: 0, succeeded: 0, failed: 0, revisions: {}, failures: {} };
const open = new Set();
let stopped = false;
process.on('SIGTERM', () => {
  stopped = true;
});

function count(table, key) {
  table[key] = (table[key] ?? 0) + 1;
}

function judge(status, text) {
  if (status !== 200) return { failure: `status ${status}: ${text.slice(0, 200)}` };
  try {
    return { revision: String(JSON.parse(text).revision) };
  } catch {
    return { failure: 'not JSON' };
  }
}

/** Resolves with the revision that answered, or with what went wrong. */
function ask() {
  return new Promise((resolve) => {
    const call = request(url, { method: body === undefined ? 'GET' : 'POST', agent, headers }, (answer) => {
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
  const finished = ask().then(({ failure, revision }) => {
    open.delete(finished);
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
  if (elapsed < seconds && !stopped) {
    setTimeout(() => tick(start), 5);
    return;
  }
  void Promise.all(open).then(() => {
    agent.destroy();
    console.log(JSON.stringify(result));
    process.exitCode = result.failed === 0 ? 0 : 1;
  });
}

await settle();
console.log(`Sending ${rate} requests a second to ${url}`);
tick(performance.now());
