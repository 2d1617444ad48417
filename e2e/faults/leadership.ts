import { type AuditEntry, writesOf } from '../harness/audit-log.js';
import { type KubeObject, textAt } from '../harness/kube-object.js';
import type { Story } from '../harness/operator-lab.js';

const LEASE = 'churnops-operator';

/** Identity of the process that holds the Lease of a story's namespace; empty when none does. */
export async function holderOf(story: Story): Promise<string> {
  const lease: KubeObject | undefined = await story.find('Lease', LEASE);
  return textAt(lease, 'spec', 'holderIdentity');
}

/** A write that arrived while the Lease was somebody else's. */
export interface Trespass {
  readonly user: string;
  readonly holder: string;
  readonly write: string;
  readonly time: string;
}

/**
 * Writes in a namespace, whether they succeeded or not, that arrived after another user's last successful write of the Lease:
 * whoever writes the Lease holds it.
 */
export function trespasses(entries: readonly AuditEntry[], namespace: string, users: ReadonlySet<string>): Trespass[] {
  // By their arrival: times of one length, so that they sort as text.
  const writes = writesIn(entries, namespace, users).toSorted((a, b) =>
    a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1,
  );
  const found: Trespass[] = [];
  let holder = '';
  for (const entry of writes) {
    const user = entry.user.username;
    if (isOfLease(entry)) holder = hasSucceeded(entry) ? user : holder;
    else if (user !== holder) found.push({ user, holder, write: inWords(entry), time: entry.requestReceivedTimestamp });
  }
  return found;
}

/** Those of the users who held the Lease of a namespace, or wrote anything else there with success. */
export function writersIn(
  entries: readonly AuditEntry[],
  namespace: string,
  users: ReadonlySet<string>,
): ReadonlySet<string> {
  return new Set(
    writesIn(entries, namespace, users)
      .filter(hasSucceeded)
      .map(({ user }) => user.username),
  );
}

function writesIn(entries: readonly AuditEntry[], namespace: string, users: ReadonlySet<string>): AuditEntry[] {
  return writesOf(entries).filter((entry) => namespaceOf(entry) === namespace && users.has(entry.user.username));
}

function namespaceOf({ objectRef }: AuditEntry): string {
  return objectRef?.namespace ?? '';
}

function isOfLease({ objectRef }: AuditEntry): boolean {
  return objectRef?.resource === 'leases';
}

function hasSucceeded({ responseStatus }: AuditEntry): boolean {
  return responseStatus !== undefined && responseStatus.code < 300;
}

function inWords({ verb, objectRef }: AuditEntry): string {
  return `${verb} ${objectRef?.resource ?? ''} ${objectRef?.name ?? ''}`;
}
