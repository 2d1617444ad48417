import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readCsv } from './csv.js';
import { at, textAt } from './kube-object.js';
import type { Playground } from './real-cluster.js';
import { repositoryRoot } from './repository-root.js';
import { until } from './until.js';

const Row = z.record(z.string(), z.union([z.string(), z.number()]));
/** A row of the training table. */
type Row = z.infer<typeof Row>;

/** A customer of the telco table who is not in it. */
export async function sampleCustomer(): Promise<Row> {
  return Row.parse(JSON.parse(await readFile(join(repositoryRoot(), 'e2e', 'samples', 'customer.json'), 'utf8')));
}

/** The customers of the telco table as a client of it sends them: text as text, numbers as numbers, blanks left out. */
export async function telcoCustomers(): Promise<Row[]> {
  const { rows } = readCsv(await readFile(join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv'), 'utf8'));
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'churn')));
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the Service `telco` through the API server's proxy, so that no port of this machine is needed. */
export async function ask(playground: Playground, path: string, body: unknown, key?: string): Promise<Answer> {
  const service = `${playground.path('Service', 'telco')}:http/proxy${path}`;
  const answer = await playground.cluster.raw('POST', service, body, key === undefined ? {} : { 'x-api-key': key });
  return { status: answer.status, body: answer.text === '' ? undefined : JSON.parse(answer.text) };
}

/** What became of the requests of a load; times in milliseconds, of all that ended. */
const LoadResult = z.object({
  sent: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  revisions: z.record(z.string(), z.number()),
  failures: z.record(z.string(), z.number()),
  milliseconds: z.object({ p50: z.number(), p99: z.number(), longest: z.number() }),
});
export type LoadResult = z.infer<typeof LoadResult>;

interface LoadOptions {
  readonly path: string;
  /** Sent one after the other, and then from the start again. */
  readonly rows: readonly Row[];
  /** Requests a second. */
  readonly rate: number;
}

export interface Load {
  /** What became of the requests so far; undefined in the first second. */
  sofar(): Promise<LoadResult | undefined>;
  /** Ends the load in order, and returns what became of its requests. */
  end(): Promise<LoadResult>;
}

const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** The image of the release: that of a candidate may be broken. */
async function servingImage(playground: Playground): Promise<string> {
  const deployments = await playground.list('Deployment');
  const images = deployments.map((deployment) => textAt(deployment, ...IMAGE));
  return images.find((image) => !image.includes(':broken-')) ?? '';
}
const IMAGE = ['spec', 'template', 'spec', 'containers', 0, 'image'] as const;

const LOAD_SECONDS = 3_600;

/** A pod that asks the Service `telco` at a constant rate, with the generated key. Resolves when it is under way. */
export async function constantRate(playground: Playground, { path, rows, rate }: LoadOptions): Promise<Load> {
  const script = join(repositoryRoot(), 'e2e', 'faults', 'load', 'constant-rate.mjs');
  await playground.create('ConfigMap', {
    metadata: { name: 'load' },
    data: { 'constant-rate.mjs': await readFile(script, 'utf8'), 'rows.json': JSON.stringify(rows) },
  });
  const url = `http://telco.${playground.namespace}.svc:8080${path}`;
  const numbers = { rate, seconds: LOAD_SECONDS, timeout: 60, settle: 60, report: 1 };
  const options = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const body = ['--rows', '/load/rows.json', ...(path === '/predict' ? ['--model', 'telco'] : [])];
  await playground.create('Pod', {
    metadata: { name: 'load' },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'load',
          image: await servingImage(playground),
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '/load/constant-rate.mjs', url, ...options, ...body, '--header', 'x-api-key: $(API_KEY)'],
          env: [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'telco-api-key', key: 'api-key' } } }],
          resources: { requests: { cpu: '50m', memory: '64Mi' } },
          securityContext: restricted,
          volumeMounts: [{ name: 'load', mountPath: '/load' }],
        },
      ],
      volumes: [{ name: 'load', configMap: { name: 'load' } }],
    },
  });
  const logs = (...options: readonly string[]) => playground.kubectl('logs', 'load', ...options);
  await until('the load is under way', async () => (await logs()).includes('Sending'), logs);
  const last = async () => (await logs('--tail=1')).trim();
  return {
    async sofar() {
      const line = await last();
      return line.startsWith('{') ? LoadResult.parse(JSON.parse(line)) : undefined;
    },
    async end() {
      await until(
        'the load has ended',
        async () => {
          const phase = at(await playground.get('Pod', 'load'), 'status', 'phase');
          if (phase === 'Succeeded' || phase === 'Failed') return true;
          // PID 1 has a handler for this signal. When it ends at once, it takes the sender with it: an error that says nothing.
          await playground.kubectl('exec', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")');
          return false;
        },
        logs,
      );
      const result = LoadResult.parse(JSON.parse(await last()));
      await playground.cluster.remove(playground.path('Pod', 'load'));
      await playground.cluster.remove(playground.path('ConfigMap', 'load'));
      return result;
    },
  };
}
