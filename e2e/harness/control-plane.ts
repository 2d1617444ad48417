import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { ChildProgram, ProgramEnded } from './child-program.js';
import { makeCertificates, writeKubeconfig } from './control-plane-certificates.js';
import { freePorts } from './free-ports.js';
import { repositoryRoot } from './repository-root.js';

export interface ControlPlaneOptions {
  /** Also run the kube-controller-manager (Jobs, Deployments, garbage collection, ServiceAccounts). Default true. */
  readonly controllerManager?: boolean;
}

interface Ports {
  readonly api: number;
  readonly etcd: number;
  readonly peer: number;
}

const ATTEMPTS = 3;
const READY_MS = 120_000;
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};
// No kubelet reports here, so nothing may judge nodes, or pods by their node. Nor is anything sent to Services: played pods have
// loopback addresses, which no EndpointSlice takes.
const idleControllers = [
  ...[
    'node-lifecycle-controller',
    'node-ipam-controller',
    'taint-eviction-controller',
    'pod-garbage-collector-controller',
  ],
  ...['endpoints-controller', 'endpointslice-controller', 'endpointslice-mirroring-controller'],
];
const CONTROLLERS = ['*', ...idleControllers.map((name) => `-${name}`)].join(',');

/** A real etcd and kube-apiserver on free ports of 127.0.0.1, with all data in a temporary folder. */
export class ControlPlane {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** JSON lines, one for each request, at the level Metadata. Read it with `readAuditLog`. */
  readonly auditLogPath: string;
  /** Certificates, logs and data; removed by `stop`. */
  readonly folder: string;
  readonly port: number;
  readonly #ports: Ports;
  readonly #programs = new Map<string, ChildProgram>();

  private constructor(folder: string, ports: Ports) {
    this.folder = folder;
    this.port = ports.api;
    this.kubeconfig = join(folder, 'admin.kubeconfig');
    this.auditLogPath = join(folder, 'audit.log');
    this.#ports = ports;
  }

  /** Starts one on newly chosen ports. On failure nothing is left running. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), 'churnops-control-plane-'));
    const [api = 0, etcd = 0, peer = 0] = await freePorts(3);
    const plane = new ControlPlane(folder, { api, etcd, peer });
    try {
      await makeCertificates(folder);
      await writeFile(join(folder, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
      await plane.kubeconfigFor(plane.url, 'admin');
      await plane.#launchEtcd();
      await plane.startApiServer();
      if (options.controllerManager ?? true) await plane.startControllerManager();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** The store behind the API server, without TLS: what a test puts there was never judged by anyone. */
  get etcdUrl(): string {
    return `http://127.0.0.1:${this.#ports.etcd}`;
  }

  /** Writes the administrator's kubeconfig for another address of the API server, as that of a proxy. Returns its path. */
  kubeconfigFor(server: string, file = `proxied-${new URL(server).port}`): Promise<string> {
    return writeKubeconfig(this.folder, { file: `${file}.kubeconfig`, user: 'admin', server });
  }

  /** Kills the API server. Its data stays in etcd. */
  async stopApiServer(): Promise<void> {
    await this.#kill('kube-apiserver');
  }

  /** Starts the API server on the same port and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const file = (name: string) => join(this.folder, name);
    this.#launch('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.port}`,
      `--tls-cert-file=${file('apiserver.crt')}`,
      `--tls-private-key-file=${file('apiserver.key')}`,
      `--client-ca-file=${file('ca.crt')}`,
      '--service-cluster-ip-range=198.19.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      '--authorization-mode=RBAC',
      '--endpoint-reconciler-type=none',
      `--audit-policy-file=${file('audit-policy.json')}`,
      `--audit-log-path=${this.auditLogPath}`,
      // In MB: it is read as one file.
      '--audit-log-maxsize=4096',
    ]);
    await this.#untilReady();
  }

  /** Kills the API server and starts it again on the same port. */
  async restartApiServer(): Promise<void> {
    await this.stopApiServer();
    await this.#startAgain(3);
  }

  /** Between kill and start another process may get the port for an outgoing connection: it gives it back soon. */
  async #startAgain(tries: number): Promise<void> {
    try {
      await this.startApiServer();
    } catch (error) {
      if (tries === 1 || !(error instanceof ProgramEnded)) throw error;
      await this.stopApiServer();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await this.#startAgain(tries - 1);
    }
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    for (const name of [...this.#programs.keys()].reverse()) await this.#kill(name);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #launchEtcd(): Promise<void> {
    const client = `http://127.0.0.1:${this.#ports.etcd}`;
    const peer = `http://127.0.0.1:${this.#ports.peer}`;
    this.#launch('etcd', [
      `--data-dir=${join(this.folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
    await sleep(200);
  }

  /** Starts the kube-controller-manager, where the options said that it does not run from the beginning. */
  async startControllerManager(): Promise<void> {
    const access = { file: 'controller-manager.kubeconfig', user: 'controller-manager', server: this.url };
    const kubeconfig = await writeKubeconfig(this.folder, access);
    this.#launch('kube-controller-manager', [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${join(this.folder, 'sa.key')}`,
      `--root-ca-file=${join(this.folder, 'ca.crt')}`,
      '--use-service-account-credentials',
      `--controllers=${CONTROLLERS}`,
      '--secure-port=0',
      '--leader-elect=false',
      // The defaults, 20 and 30, are for a cluster where others also want to be served.
      '--kube-api-qps=300',
      '--kube-api-burst=500',
    ]);
  }

  #launch(name: string, args: readonly string[]): void {
    const path = join(repositoryRoot(), '.cache/bin', name);
    if (!existsSync(path)) throw new Error(`There is no .cache/bin/${name}: run \`make toolchain\``);
    const logPath = join(this.folder, `${name}.log`);
    this.#programs.set(name, new ChildProgram(path, { name, args, logPath }));
  }

  async #kill(name: string): Promise<void> {
    await this.#programs.get(name)?.kill();
    this.#programs.delete(name);
  }

  async #untilReady(): Promise<void> {
    const read = (name: string) => readFile(join(this.folder, name), 'utf8');
    const [ca, cert, key] = await Promise.all([read('ca.crt'), read('admin.crt'), read('admin.key')]);
    const agent = new Agent({ connect: { ca, cert, key } });
    const deadline = Date.now() + READY_MS;
    let last = 'nothing';
    while (Date.now() < deadline) {
      for (const program of this.#programs.values()) await program.assertRunning();
      last = await look(agent, this.url);
      if (last === 'ready') {
        await agent.destroy();
        return;
      }
      await sleep(100);
    }
    throw new Error(`The API server was not ready after ${READY_MS / 1000} s; last answer: ${last}`);
  }
}

/** Starts a control plane, in about 3 s. A port that was taken in the meantime leads to another try. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ControlPlane.start(options);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ProgramEnded)) throw error;
    }
  }
}

async function look(agent: Agent, url: string): Promise<string> {
  try {
    const answer = await agent.request({ origin: url, path: '/readyz', method: 'GET', headersTimeout: 5_000 });
    const text = await answer.body.text();
    return answer.statusCode === 200 ? 'ready' : text;
  } catch (error) {
    return String(error);
  }
}
