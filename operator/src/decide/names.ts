import { createHash } from 'node:crypto';

/** Name of a revision: `<model>-<number>`. */
export function revisionName(model: string, number: number): string {
  return `${model}-${number}`;
}

/** Name of what a revision's training runs as: ServiceAccount, Role and RoleBinding. */
export function trainerName(revision: string): string {
  return `${revision}-train`;
}

/** Name of the Job of an attempt (from 1). */
export function jobName(revision: string, attempt: number): string {
  return attempt === 1 ? trainerName(revision) : `${trainerName(revision)}-${attempt}`;
}

/**
 * Name of the ConfigMap that a revision's training fills. It carries a part of the model's uid since kubelets keep immutable
 * ConfigMaps by name: a model that is deleted and made again must not be served the artifact of the old one.
 */
export function artifactName(revision: string, modelUid: string): string {
  return `${revision}-artifact-${modelUid.slice(0, 8)}`;
}

/** Name of the ConfigMap with the reports of deleted revisions. */
export function historyName(model: string): string {
  return `${model}-history`;
}

/** Name of the Job that removes a revision's artifacts from their bucket. */
export function removalName(revision: string): string {
  return `${revision}-remove`;
}

/** Name of a Job (from 1) that tells MLflow what is new of the model. */
export function registrationName(model: string, number: number): string {
  return `${model}-mlflow-${number}`;
}

/** The number of a Job that tells MLflow what is new; undefined for another Job. The reverse of `registrationName`. */
export function registrationNumber(job: string, model: string): number | undefined {
  return numberInName(job, `${model}-mlflow`);
}

/** The attempt (from 1) that a Job of the revision is; undefined for a Job of another one. The reverse of `jobName`. */
export function attemptOfJob(job: string, revision: string): number | undefined {
  const first = trainerName(revision);
  if (job === first) return 1;
  const [, digits] = job.startsWith(`${first}-`) ? (/^([1-9][0-9]*)$/.exec(job.slice(first.length + 1)) ?? []) : [];
  return digits === undefined ? undefined : Number(digits);
}

/** The number of the revision that a child of the model is named after, as of `telco-3-train`; undefined when there is none. */
export function numberInName(child: string, model: string): number | undefined {
  if (!child.startsWith(`${model}-`)) return undefined;
  const [, digits] = /^([1-9][0-9]*)(-|$)/.exec(child.slice(model.length + 1)) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Name of the PodDisruptionBudget over the pods that are kept to go back to. With a dot, which no name of a model has: the budget
 * of another model can not have it.
 */
export function previousBudgetName(model: string): string {
  return `${model}.previous`;
}

/** Name of the Secret with the generated key in clear, for its owner. */
export function apiKeyName(model: string): string {
  return `${model}-api-key`;
}

/** Name of the ServiceAccount of serving pods, unless the user names another one. */
export function servingAccountName(model: string): string {
  return `${model}-serving`;
}

/** Name of the Secret with the keys that serving pods sign with. */
export function signingName(model: string): string {
  return `${model}-signing`;
}

/** Name of the Secret with the hashes of the accepted keys, for the pods. */
export function apiKeysName(model: string): string {
  return `${model}-api-keys`;
}

/** Hex SHA-256 of a value as JSON with sorted keys, so that the order of fields does not matter. */
export function contentHash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]),
  );
}
