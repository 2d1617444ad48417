import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, type RegisteredVersion, type Registration } from '@churnops/crds';
import { z } from 'zod';
import { ToldManifest, describedRun, registryTags, versionTags, versionText } from './described-run.js';
import { registryService, unreachable } from '../network/service.js';
import type { MlflowClient } from './mlflow-client.js';

const Done = z.object({});
const Tags = z.array(z.object({ key: z.string(), value: z.string() })).default([]);
const Experiment = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const Created = z.object({ experiment_id: z.string() });
const Run = z.object({ info: z.object({ run_id: z.string(), status: z.string() }) });
const Version = z.object({ version: z.string() });
const RegisteredModel = z.object({
  registered_model: z.object({
    tags: Tags,
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
  }),
});
type RegisteredModel = z.infer<typeof RegisteredModel>['registered_model'];

/** Told of what was done, and of versions that can't be read. */
export interface RegistrationLog {
  info(what: object, message: string): void;
  warn(what: object, message: string): void;
}

/**
 * Brings MLflow to what a registration asks for: runs and versions that are missing, then the aliases. What was made before is
 * found again by its tags, so that doing it twice, or after half of it, makes nothing twice. Throws TrainingProblem.
 */
export async function register(client: MlflowClient, registration: Registration, log: RegistrationLog): Promise<void> {
  const { aliases } = await ownModel(client, registration);
  for (const version of registration.versions) {
    const manifest = await readManifest(version);
    if (manifest === undefined) {
      log.warn({ ...version }, 'Its manifest is gone or was changed: it is left out');
      continue;
    }
    const made = await makeVersion(client, { registration, version, manifest });
    log.info({ revision: version.revision, version: made }, 'MLflow has a version of it');
  }
  for (const { alias, sha256 } of wantedAliases(registration)) {
    const wanted = sha256 === null ? undefined : await versionOf(client, registration, sha256);
    await moveAlias(client, registration.name, {
      alias,
      from: aliases.find((it) => it.alias === alias)?.version,
      to: wanted,
    });
    log.info({ alias, version: wanted ?? 'none' }, 'The alias is as wanted');
  }
}

/** Without a current revision the champion stays what it was. */
function wantedAliases({ champion, challenger }: Registration): readonly Registration['champion'][] {
  return champion.sha256 === null ? [challenger] : [champion, challenger];
}

/** The registered model, made when it is missing; one that nobody tagged becomes ours. */
async function ownModel(client: MlflowClient, { name, model }: Registration): Promise<RegisteredModel> {
  const tag = { key: registryTags.model, value: model };
  const call = { method: 'GET', path: 'registered-models/get', query: { name } } as const;
  const found = await client.find(RegisteredModel, call);
  if (found === undefined) {
    const create = { method: 'POST', path: 'registered-models/create', body: { name, tags: [tag] } } as const;
    return (await client.ask(RegisteredModel, create)).registered_model;
  }
  const owner = found.registered_model.tags.find(({ key }) => key === registryTags.model)?.value;
  if (owner === undefined) {
    await client.ask(Done, { method: 'POST', path: 'registered-models/set-tag', body: { name, ...tag } });
  } else if (owner !== model) {
    throw unreachable(
      registryService,
      `The registered model ${name} belongs to ChurnModel ${owner}: give spec.registry.mlflow.registeredModelName another name.`,
    );
  }
  return found.registered_model;
}

/** Undefined when it is missing, is not what the operator recorded, or can't be understood. */
async function readManifest({ folder, sha256 }: RegisteredVersion): Promise<ToldManifest | undefined> {
  try {
    const bytes = await readFile(join(folder, artifactKeys.manifest));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) return undefined;
    return ToldManifest.parse(JSON.parse(bytes.toString()));
  } catch {
    return undefined;
  }
}

interface Told {
  readonly registration: Registration;
  readonly version: RegisteredVersion;
  readonly manifest: ToldManifest;
}

async function makeVersion(client: MlflowClient, told: Told): Promise<string> {
  const { registration, version, manifest } = told;
  const found = await findVersion(client, registration.name, version.sha256);
  if (found !== undefined) return found;
  const body = {
    name: registration.name,
    source: version.source,
    run_id: await finishedRun(client, told),
    description: versionText(manifest, version, registration),
    tags: tagList(versionTags(version, registration)),
  };
  const Made = z.object({ model_version: Version });
  return (await client.ask(Made, { method: 'POST', path: 'model-versions/create', body })).model_version.version;
}

/** The id of the run. One that a try before left unfinished is finished: values that are there already stay as they are. */
async function finishedRun(client: MlflowClient, { registration, version, manifest }: Told): Promise<string> {
  const { startTime, endTime, tags, params, metrics } = describedRun(manifest, version, registration);
  const experiment_id = await experimentOf(client, registration.name);
  const search = {
    experiment_ids: [experiment_id],
    filter: `tags.\`${registryTags.artifact}\` = '${version.sha256}'`,
    max_results: 1,
  };
  const Found = z.object({ runs: z.array(Run).default([]) });
  const [found] = (await client.ask(Found, { method: 'POST', path: 'runs/search', body: search })).runs;
  if (found?.info.status === 'FINISHED') return found.info.run_id;
  const run_id =
    found?.info.run_id ??
    (await newRun(client, { experiment_id, run_name: version.revision, start_time: startTime, tags }));
  await client.ask(Done, { method: 'POST', path: 'runs/log-batch', body: { run_id, params, metrics } });
  const end = { run_id, status: 'FINISHED', end_time: endTime };
  await client.ask(Done, { method: 'POST', path: 'runs/update', body: end });
  return run_id;
}

async function newRun(client: MlflowClient, body: object): Promise<string> {
  const { run } = await client.ask(z.object({ run: Run }), { method: 'POST', path: 'runs/create', body });
  return run.info.run_id;
}

async function experimentOf(client: MlflowClient, name: string): Promise<string> {
  const query = { experiment_name: name };
  const found = await client.find(Experiment, { method: 'GET', path: 'experiments/get-by-name', query });
  if (found !== undefined) return found.experiment.experiment_id;
  return (await client.ask(Created, { method: 'POST', path: 'experiments/create', body: { name } })).experiment_id;
}

async function versionOf(client: MlflowClient, { name }: Registration, sha256: string): Promise<string> {
  const found = await findVersion(client, name, sha256);
  if (found === undefined) {
    throw unreachable(
      registryService,
      `The registered model ${name} has no version of artifact ${sha256}: its manifest is gone.`,
    );
  }
  return found;
}

async function findVersion(client: MlflowClient, name: string, sha256: string): Promise<string | undefined> {
  const filter = `name = '${name}' and tags.\`${registryTags.artifact}\` = '${sha256}'`;
  const Found = z.object({ model_versions: z.array(Version).default([]) });
  const query = { filter, max_results: '1' };
  const found = await client.ask(Found, { method: 'GET', path: 'model-versions/search', query });
  return found.model_versions[0]?.version;
}

interface Move {
  readonly alias: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

async function moveAlias(client: MlflowClient, name: string, { alias, from, to }: Move): Promise<void> {
  if (from === to) return;
  const path = 'registered-models/alias';
  await (to === undefined
    ? client.find(Done, { method: 'DELETE', path, body: { name, alias } })
    : client.ask(Done, { method: 'POST', path, body: { name, alias, version: to } }));
}

function tagList(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
