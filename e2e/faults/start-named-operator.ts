import { join } from 'node:path';
import type { OperatorLab } from '../harness/operator-lab.js';
import { OperatorProcess } from '../harness/operator-process.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { makeAccount } from './operator-account.js';

export interface NamedOperator {
  /** Its ServiceAccount and its identity in the Lease. Never used twice. */
  readonly name: string;
  /** The only namespace that it sees; its Lease is there as well. */
  readonly namespace: string;
  /** How far its time of day is wrong. Default 0. */
  readonly skewHours?: number;
  /** Address of the API server, as that of a proxy. Default: its own. */
  readonly server?: string;
}

/** Starts the compiled operator as a process that the API server's audit log tells from others. Waits for nothing. */
export async function startNamedOperator(
  lab: OperatorLab,
  { name, namespace, skewHours = 0, server = lab.controlPlane.url }: NamedOperator,
): Promise<OperatorProcess> {
  return OperatorProcess.start({
    kubeconfig: await makeAccount(lab, name, server),
    logPath: join(lab.controlPlane.folder, `${name}.log`),
    env: {
      NODE_OPTIONS: `--import "${join(repositoryRoot(), 'e2e', 'faults', 'skewed-time.mjs')}"`,
      CHURNOPS_SKEW_HOURS: String(skewHours),
      CHURNOPS_NAMESPACES: namespace,
      CHURNOPS_LEASE_NAMESPACE: namespace,
      CHURNOPS_IDENTITY: name,
    },
  });
}
