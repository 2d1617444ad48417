import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { at } from './kube-object.js';
import type { Playground } from './real-cluster.js';
import { repositoryRoot } from './repository-root.js';
import { until } from './until.js';

const Row = z.record(z.string(), z.union([z.string(), z.number()]));
/** A row of the training table. */
export type Row = z.infer<typeof Row>;

/** A customer of the telco table who is not in it. */
export async function sampleCustomer(): Promise<Row> {
  return Row.parse(JSON.parse(await readFile(join(repositoryRoot(), 'e2e', 'samples', 'customer.json'), 'utf8')));
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

const LoadResult = z.object({
  sent: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  revisions: z.record(z.string(), z.number()),
  failures: z.record(z.string(), z.number()),
});

export interface Load {
  /** Ends the load in order, and returns what became of its requests. */
  end(): Promise<z.infer<typeof LoadResult>>;
}

const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** A pod that sends the row to the Service `telco` at a constant rate (requests/s), with the generated key. Resolves when it is under way. */
export async function constantRate(
  playground: Playground,
  { path, row, rate }: { path: string; row: Row; rate: number },
): Promise<Load> {
  const script = join(repositoryRoot(), 'e2e', 'faults', 'load', 'constant-rate.mjs');
  await playground.create('ConfigMap', {
    metadata: { name: 'load' },
    data: { 'constant-rate.mjs': await readFile(script, 'utf8'), 'row.json': JSON.stringify(row) },
  });
  const [deployment] = await playground.list('Deployment');
  const image = String(at(deployment, 'spec', 'template', 'spec', 'containers', 0, 'image'));
  const url = `http://telco.${playground.namespace}.svc:8080${path}`;
  const options = [
    '--rate',
    String(rate),
    '--seconds',
    '1800',
    '--timeout',
    '60',
    '--body',
    '/load/row.json',
    '--settle',
    '60',
  ];
  await playground.create('Pod', {
    metadata: { name: 'load' },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'load',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '/load/constant-rate.mjs', url, ...options, '--header', 'x-api-key: $(API_KEY)'],
          env: [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'telco-api-key', key: 'api-key' } } }],
          resources: { requests: { cpu: '50m', memory: '64Mi' } },
          securityContext: restricted,
          volumeMounts: [{ name: 'load', mountPath: '/load' }],
        },
      ],
      volumes: [{ name: 'load', configMap: { name: 'load' } }],
    },
  });
  const logs = () => playground.kubectl('logs', 'load');
  await until('the load is under way', async () => (await logs()).includes('Sending'), logs);
  return {
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
      const last = (await logs()).trim().split('\n').at(-1) ?? '';
      const result = LoadResult.parse(JSON.parse(last));
      await playground.cluster.remove(playground.path('Pod', 'load'));
      await playground.cluster.remove(playground.path('ConfigMap', 'load'));
      return result;
    },
  };
}
