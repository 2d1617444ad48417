import type { Cluster } from './cluster-access.js';
import { conditionsOf, type KubeObject, pathOf, textAt } from './kube-object.js';
import { kubectl, run } from './real-cluster.js';
import { until } from './until.js';

const NAMESPACE = 'churnops-system';
const DEPLOYMENT = 'churnops';
const SELECTOR = 'app.kubernetes.io/instance=churnops,app.kubernetes.io/component=operator';

async function operatorPods(cluster: Cluster): Promise<KubeObject[]> {
  return cluster.list(`${pathOf('Pod', NAMESPACE)}?labelSelector=${encodeURIComponent(SELECTOR)}`);
}

/** Waits until an operator pod is ready. */
export async function operatorRuns(cluster: Cluster): Promise<void> {
  await until(
    'the operator runs',
    async () => {
      const pods = await operatorPods(cluster);
      return pods.some(
        (pod) => conditionsOf(pod)['Ready']?.status === 'True' && pod.metadata.deletionTimestamp === undefined,
      );
    },
    () => operatorPods(cluster),
  );
}

/** The image of the operator that leads; empty while none does. */
export async function leadingImage(cluster: Cluster): Promise<string> {
  const lease = await cluster.find(pathOf('Lease', NAMESPACE, DEPLOYMENT));
  const [holder = ''] = textAt(lease, 'spec', 'holderIdentity').split('_');
  const pod = (await operatorPods(cluster)).find(({ metadata }) => metadata.name === holder);
  return textAt(pod, 'spec', 'containers', 0, 'image');
}

/** Sets how many operators run; with 0 waits until the last one is gone. */
export async function scaleOperator(cluster: Cluster, replicas: number): Promise<void> {
  await cluster.patch(`${pathOf('Deployment', NAMESPACE, DEPLOYMENT)}/scale`, { spec: { replicas } });
  if (replicas === 0) await until('no operator runs', async () => (await operatorPods(cluster)).length === 0);
}

/**
 * Ends the operator's process by SIGKILL where the node is a container of ours, then deletes its pod without grace, so that the
 * next one starts at once and not after the kubelet's backoff.
 */
export async function killOperator(cluster: Cluster): Promise<void> {
  for (const pod of await operatorPods(cluster)) {
    const container = textAt(pod, 'status', 'containerStatuses', 0, 'containerID').replace(/^.*:\/\//, '');
    const node = process.env['CHURNOPS_NODE'] ?? '';
    if (node !== '' && /^[0-9a-f]{64}$/.test(container)) {
      const script = `pid=$(grep -l ${container} /proc/[0-9]*/cgroup | head -1 | cut -d/ -f3); kill -9 "$pid"`;
      // A pod that is just being replaced has no process: then the deletion below is all there is to do.
      await run('docker', ['exec', node, 'sh', '-c', script]);
    }
    await kubectl([
      `--namespace=${NAMESPACE}`,
      'delete',
      'pod',
      pod.metadata.name,
      '--grace-period=0',
      '--force',
      '--ignore-not-found',
    ]);
  }
}
