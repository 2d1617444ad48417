import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ApiKeyEntry, Routing } from '@churnops/crds';
import { artifactKeys, ROUTING_FILE, servingEnvironment } from '@churnops/crds';
import { z } from 'zod';
import { repositoryRoot } from '../harness/repository-root.js';

const main = join(repositoryRoot(), 'serving', 'dist', 'main.js');

/** A server that answers. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** A process of the built server. */
export interface ServingProcess extends ServerProcess {
  readonly metricsPort: number;
}

/** A serving process without peers, and the key that it takes. */
export interface LoneServer extends ServingProcess {
  readonly apiKey: string;
}

/** A serving pod as the operator starts it, with what a kubelet would mount in folders of its own. */
export interface Pod extends ServingProcess {
  readonly peerPort: number;
  /** Writes the routing annotation; the pod acts on it within 0.2 s. */
  route(routing: z.input<typeof Routing>): Promise<void>;
}

export interface PodOptions {
  /** A folder for what is mounted; is made. */
  readonly folder: string;
  readonly artifact: string;
  readonly revision: string;
  /** The only key that the pod takes. */
  readonly apiKey: string;
  /** Base64 of the key that the pods of a model sign with. */
  readonly signingKey: string;
  /** Of one key. Without it: no limit. */
  readonly requestsPerSecond?: number;
  /** Options of Node. */
  readonly nodeOptions: readonly string[];
}

/** Starts `churnops serve`: the same server as in a pod, which has neither a peer port nor a routing file. */
export async function startLoneServer(artifact: string, nodeOptions: readonly string[]): Promise<LoneServer> {
  const child = start(
    process.execPath,
    [...nodeOptions, main, 'serve', artifact, '--port', '0', '--metrics-port', '0'],
    {},
  );
  const [port, metricsPort, apiKey] = await wordsOf(child, [
    /^Serving .*:(\d+)$/,
    /^Metrics: .*:(\d+)\/metrics$/,
    /^API key, .*: (\S+)$/,
  ]);
  return { ...processOf(child), port: Number(port), metricsPort: Number(metricsPort), apiKey: apiKey ?? '' };
}

/** Starts `churnops pod` with an empty routing annotation. */
export async function startPod(options: PodOptions): Promise<Pod> {
  const { folder, nodeOptions, requestsPerSecond: rate, revision } = options;
  const at = (name: string) => join(folder, name);
  for (const volume of ['keys', 'signing', 'pod']) await mkdir(at(volume), { recursive: true });
  const sha256 = createHash('sha256').update(options.apiKey).digest('hex');
  const entry: ApiKeyEntry = { sha256, scopes: ['predict'], createdTime: '2026-01-01T00:00:00Z' };
  await writeFile(join(at('keys'), 'bench'), JSON.stringify(entry));
  await writeFile(join(at('signing'), '20260101T000000Z-0123abcd'), options.signingKey);
  await writeFile(join(at('pod'), ROUTING_FILE), '');
  const manifest = await readFile(join(options.artifact, artifactKeys.manifest));
  const child = start(process.execPath, [...nodeOptions, main, 'pod'], {
    [servingEnvironment.artifact]: options.artifact,
    [servingEnvironment.artifactSha256]: createHash('sha256').update(manifest).digest('hex'),
    [servingEnvironment.model]: 'telco',
    [servingEnvironment.revision]: revision,
    [servingEnvironment.authentication]: 'ApiKey',
    [servingEnvironment.apiKeys]: at('keys'),
    [servingEnvironment.maxBatchSize]: '1000',
    [servingEnvironment.requestTimeoutSeconds]: '30',
    ...(rate === undefined ? {} : { [servingEnvironment.requestsPerSecond]: String(rate) }),
    // Counted, and never reached.
    [servingEnvironment.requestsPerSecond]: '100000',
    [servingEnvironment.requestBurst]: '1000000',
    CHURNOPS_SIGNING: at('signing'),
    CHURNOPS_POD_INFO: at('pod'),
    CHURNOPS_HOST: '127.0.0.1',
    CHURNOPS_PORT: '0',
    CHURNOPS_METRICS_PORT: '0',
    CHURNOPS_PEER_PORT: '0',
  });
  const [listening = ''] = await wordsOf(child, [/^(.*"Listening".*)$/]);
  const Ports = z.object({ port: z.number(), metricsPort: z.number(), peerPort: z.number() });
  const route = (routing: z.input<typeof Routing>) => writeFile(join(at('pod'), ROUTING_FILE), JSON.stringify(routing));
  return { ...processOf(child), ...Ports.parse(JSON.parse(listening)), route };
}

/** Starts a server of another make, which says `Listening on PORT` on stdout when it does. */
export async function startPeer(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = start(program, args, env);
  const [port] = await wordsOf(child, [/^Listening on (\d+)$/]);
  return { ...processOf(child), port: Number(port) };
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function processOf(child: ChildProcess): Pick<ServerProcess, 'pid' | 'stop'> {
  if (child.pid === undefined) throw new Error('The server could not be started');
  return {
    pid: child.pid,
    // SIGTERM and not SIGKILL: Node writes a CPU profile when it exits by itself.
    async stop() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** Reads the output until a line fits each pattern; resolves with what the first group of each matched. */
function wordsOf(child: ChildProcess, patterns: readonly RegExp[]): Promise<string[]> {
  const { stdout } = child;
  if (stdout === null) throw new Error('The output of the server is not read');
  const words = new Map<RegExp, string>();
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error('The server ended before it listened'));
    });
    createInterface({ input: stdout }).on('line', (line) => {
      for (const pattern of patterns) {
        const [, word] = pattern.exec(line) ?? [];
        if (word !== undefined) words.set(pattern, word);
      }
      if (words.size === patterns.length) resolve(patterns.map((pattern) => words.get(pattern) ?? ''));
    });
  });
}
