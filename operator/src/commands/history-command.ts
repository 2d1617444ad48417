import { labels } from '@churnops/crds';
import { Command, Option } from 'commander';
import { readHistory } from '../decide/history-chain.js';
import { historyName } from '../decide/names.js';
import { historyTextOf } from '../history-content.js';
import { kinds } from '../kinds.js';
import { revisionFrom } from '../observed-objects.js';
import { ApiError, ApiUnreachable, controllerOf, createClusterClient, hasReason } from '../runtime/index.js';
import type { ClusterClient, KubeObject, ObjectKey } from '../runtime/index.js';
import { CommandFailure, exitCodes } from './command-failure.js';
import { historyReport, reportTable } from './history-report.js';
import type { HistoryReport } from './history-report.js';
import { userAccess } from './user-access.js';
import type { AccessOptions } from './user-access.js';

interface HistoryOptions extends AccessOptions {
  readonly namespace?: string;
  readonly output: 'table' | 'json';
}

const help = `
Examples:
  churnops history telco
  churnops history telco -n retention --output json

Exit codes:
  0   printed, and the reports of deleted revisions are as they were written
  1   printed, but the chain of reports is broken: someone changed or removed a part of it
  2   wrong usage
  3   the cluster can't be asked, or has no such model

It needs the rights to get the ChurnModel and ConfigMap NAME-history, and to list ChurnModelRevisions. Times are UTC.
`;

/** Prints the revisions of a model, the deleted ones included, and verifies the chain of their reports. */
export function historyCommand(): Command {
  return new Command('history')
    .description('List every revision of a model: how good it was, when it served, and why it ended.')
    .argument('<NAME>', 'the ChurnModel')
    .option('-n, --namespace <NAMESPACE>', 'its namespace; default: that of the context')
    .addOption(new Option('-o, --output <FORMAT>', 'table or json').choices(['table', 'json']).default('table'))
    .option('--context <CONTEXT>', 'context of the kubeconfig; default: the current one')
    .option('--kubeconfig <FILE>', 'default: the one that kubectl would use')
    .addHelpText('after', help)
    .action(printHistory);
}

async function printHistory(name: string, options: HistoryOptions): Promise<void> {
  const { access, server, namespace } = userAccess(options);
  const key = { namespace: options.namespace ?? namespace, name };
  const cluster = await createClusterClient(access);
  try {
    const report = await readReport(cluster, key);
    process.stdout.write(options.output === 'json' ? jsonText(key, report) : tableText(report));
    const { problem } = report.chain;
    if (problem === undefined) return;
    const message = `The history of ${name} is broken: ${problem} (ConfigMap ${historyName(name)}).`;
    throw new CommandFailure(exitCodes.broken, message);
  } catch (error) {
    throw explained(error, server);
  } finally {
    await cluster.close();
  }
}

async function readReport(cluster: ClusterClient, key: ObjectKey): Promise<HistoryReport> {
  const labelSelector = `${labels.model}=${key.name}`;
  // The history is read last: what is deleted in between is then in both, and not in neither.
  const revisions = await cluster.list(kinds.churnModelRevision, { namespace: key.namespace, labelSelector });
  const model = await cluster.get(kinds.churnModel, key);
  if (model === undefined) {
    const message = `There is no ChurnModel ${key.name} in namespace ${key.namespace}: choose another namespace with -n.`;
    throw new CommandFailure(exitCodes.unavailable, message);
  }
  const stored = await cluster.get(kinds.configMap, { ...key, name: historyName(key.name) });
  const isOurs = (object: KubeObject) => controllerOf(object)?.uid === model.metadata.uid;
  const text = stored !== undefined && isOurs(stored) ? historyTextOf(stored) : '';
  return historyReport(readHistory(text), revisions.items.filter(isOurs).map(revisionFrom));
}

function jsonText({ namespace, name }: ObjectKey, { chain, revisions }: HistoryReport): string {
  const whole = chain.problem === undefined;
  return `${JSON.stringify({ namespace, model: name, chain: { whole, ...chain }, revisions }, undefined, 2)}\n`;
}

function tableText(report: HistoryReport): string {
  const { entries, problem } = report.chain;
  const word = entries === 1 ? 'entry' : 'entries';
  const verdict = problem === undefined ? `\nReports of deleted revisions: ${entries} ${word}, chain whole.\n` : '';
  return `${reportTable(report)}${verdict}`;
}

/** What the user can mend, in a sentence. */
function explained(cause: unknown, server: string): unknown {
  const because = (message: string) => new CommandFailure(exitCodes.unavailable, message, { cause });
  if (cause instanceof ApiUnreachable) return because(`The cluster at ${server} does not answer: ${cause.message}.`);
  if (hasReason(cause, 'NotFound'))
    return because(`The cluster at ${server} does not know ChurnModels: install ChurnOps.`);
  if (hasReason(cause, 'Forbidden')) return because(`You may not read what is needed: ${cause.message}.`);
  if (hasReason(cause, 'Unauthorized'))
    return because(`The cluster at ${server} does not know who you are: ${cause.message}.`);
  return cause instanceof ApiError ? because(`The cluster at ${server} refused: ${cause.message}.`) : cause;
}
