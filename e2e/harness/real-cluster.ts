import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Cluster, accessOf } from './cluster-access.js';
import { listableTypes } from './normalized.js';
import { collectionOf, type Kind, type KubeObject, pathOf } from './kube-object.js';
import { until } from './until.js';

/** What a command printed; its exit code is for the test to judge. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function run(command: string, args: readonly string[], input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
    // A command that ends early closes its stdin: what it printed tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Runs kubectl against the cluster of `make cluster`. Throws with what it said when it fails. */
export async function kubectl(args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await run('kubectl', args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** The administrator's way to the current context's cluster. */
export async function currentCluster(): Promise<Cluster> {
  return new Cluster(accessOf(await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '--output=yaml'])));
}

/** A namespace for one test, deleted by it. */
export class Playground {
  private constructor(
    readonly cluster: Cluster,
    readonly namespace: string,
  ) {}

  static async open(cluster: Cluster, name: string): Promise<Playground> {
    const namespace = `case-${name}-${randomBytes(3).toString('hex')}`;
    await cluster.create(collectionOf('Namespace'), {
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    const playground = new Playground(cluster, namespace);
    await until(`${namespace} has what every namespace has`, async () => {
      const account = await playground.find('ServiceAccount', 'default');
      return account !== undefined && (await playground.find('ConfigMap', 'kube-root-ca.crt'));
    });
    return playground;
  }

  path(kind: Exclude<Kind, 'Namespace'>, name?: string): string {
    return pathOf(kind, this.namespace, name);
  }

  get(kind: Exclude<Kind, 'Namespace'>, name: string): Promise<KubeObject> {
    return this.cluster.get(this.path(kind, name));
  }

  find(kind: Exclude<Kind, 'Namespace'>, name: string): Promise<KubeObject | undefined> {
    return this.cluster.find(this.path(kind, name));
  }

  list(kind: Exclude<Kind, 'Namespace'>): Promise<KubeObject[]> {
    return this.cluster.list(this.path(kind));
  }

  create(kind: Exclude<Kind, 'Namespace'>, object: object): Promise<KubeObject> {
    return this.cluster.create(this.path(kind), object);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl([`--namespace=${this.namespace}`, ...args]);
  }

  /** Every object here but events and leases, as `plural/name`, sorted. */
  async inventory(): Promise<string[]> {
    const types = (await listableTypes(this.cluster)).filter(([, plural]) => !['events', 'leases'].includes(plural));
    const lists = await Promise.all(
      types.map(async ([root, plural]) => {
        const objects = await this.cluster.list(`${root}/namespaces/${this.namespace}/${plural}`);
        return objects.map(({ metadata }) => `${plural}/${metadata.name}`);
      }),
    );
    return lists.flat().sort();
  }

  /** Deletes the namespace in the background: pods that serve take up to a minute to end. */
  async leave(): Promise<void> {
    await this.cluster.remove(`${collectionOf('Namespace')}/${this.namespace}`);
  }

  /** Deletes the namespace, and waits until it is gone. */
  async close(): Promise<void> {
    const path = `${collectionOf('Namespace')}/${this.namespace}`;
    await this.leave();
    await until(
      `${this.namespace} is gone`,
      async () => (await this.cluster.find(path)) === undefined,
      () => this.cluster.find(path),
    );
  }
}
