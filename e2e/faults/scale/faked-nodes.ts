import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildProgram } from '../../harness/child-program.js';
import type { Cluster } from '../../harness/cluster-access.js';
import type { ControlPlane } from '../../harness/control-plane.js';
import { repositoryRoot } from '../../harness/repository-root.js';

const NODES = '/api/v1/nodes';
const NODE = 'faked-0';

// Go templates of YAML.
const RUNNING = `
phase: Running
startTime: {{ Now | Quote }}
podIP: {{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace | Quote }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ Now | Quote }}}
- {type: ContainersReady, status: "True", lastTransitionTime: {{ Now | Quote }}}
- {type: Ready, status: "True", lastTransitionTime: {{ Now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ Now | Quote }}}}
{{ end }}
`;

/** Pods of Deployments run and are ready at once. Those of Jobs are left alone: trainings are played by the test. */
const stages = [
  stage('Pod', 'ready', { statusTemplate: RUNNING }, [
    { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
    { key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['ReplicaSet'] },
    { key: '.status.phase', operator: 'In', values: ['Pending'] },
  ]),
  stage('Pod', 'gone', { delete: true }, [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }]),
  // Without a stage for nodes kwok looks at no node, and so at no pod.
  stage('Node', 'seen', { statusTemplate: 'phase: Running' }, [
    { key: '.status.phase', operator: 'NotIn', values: ['Running'] },
  ]),
];

function stage(kind: 'Node' | 'Pod', name: string, next: object, matchExpressions: readonly object[]): object {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name: `${kind}-${name}`.toLowerCase() },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, next },
  };
}

/** A kube-scheduler and a node that kwok fakes, large enough for all pods of a test. */
export class FakedNodes {
  readonly #programs: readonly ChildProgram[];

  private constructor(programs: readonly ChildProgram[]) {
    this.#programs = programs;
  }

  static async start(plane: ControlPlane, cluster: Cluster): Promise<FakedNodes> {
    const config = join(plane.folder, 'kwok.yaml');
    // Documents of YAML, of which JSON is a part.
    await writeFile(config, stages.map((one) => JSON.stringify(one)).join('\n---\n'));
    const faked = new FakedNodes([
      program(plane, 'kube', [
        'kube-scheduler',
        `--kubeconfig=${plane.kubeconfig}`,
        '--leader-elect=false',
        '--secure-port=0',
        '--kube-api-qps=300',
        '--kube-api-burst=500',
      ]),
      program(plane, 'kwok', [
        `--kubeconfig=${plane.kubeconfig}`,
        `--config=${config}`,
        '--manage-all-nodes=true',
        '--node-lease-duration-seconds=0',
        '--server-address=127.0.0.1:0',
      ]),
    ]);
    const size = { cpu: '100k', memory: '100Ti', pods: '100k' };
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Faked', message: 'kwok plays its pods' }];
    await cluster.create(NODES, {
      metadata: { name: NODE },
      status: { capacity: size, allocatable: size, conditions },
    });
    // The API server gives every new node a taint that a controller takes away, which doesn't run here.
    await cluster.patch(`${NODES}/${NODE}`, { spec: { taints: null } });
    for (const one of faked.#programs) await one.assertRunning();
    return faked;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map((one) => one.kill()));
  }
}

function program(plane: ControlPlane, name: string, args: readonly string[]): ChildProgram {
  const path = join(repositoryRoot(), '.cache', 'bin', name);
  if (!existsSync(path)) throw new Error(`There is no .cache/bin/${name}: run \`toolchain/install.sh ${name}\``);
  return new ChildProgram(path, { name: args[0] ?? name, args, logPath: join(plane.folder, `${name}.log`) });
}
