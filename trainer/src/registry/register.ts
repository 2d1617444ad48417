import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, type Registration } from '@churnops/crds';
import { z } from 'zod';
import { ToldManifest, describedRun, modelTags, registryTags, versionText, type ToldModel } from './described-run.js';
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
  await makeVersions(client, registration, log);
  await makeRefusedRuns(client, registration, log);
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

async function makeVersions(client: MlflowClient, registration: Registration, log: RegistrationLog): Promise<void> {
  for (const version of registration.versions) {
    const read = await readManifest(version.folder);
    if (read?.sha256 !== version.sha256) {
      log.warn({ ...version }, 'Its manifest is gone or was changed: it is left out');
      continue;
    }
    const told = { registration, model: version, manifest: read.manifest };
    const made = await makeVersion(client, told, version.source);
    log.info({ revision: version.revision, version: made }, 'MLflow has a version of it');
  }
}

/** Models that a gate refused have a run, and no version. */
async function makeRefusedRuns(client: MlflowClient, registration: Registration, log: RegistrationLog): Promise<void> {
  for (const { revision, folder, reason } of registration.refused) {
    const read = await readManifest(folder);
    if (read === undefined) {
      log.warn({ revision, folder }, 'Its manifest is gone: it is left out');
      continue;
    }
    const model = { revision, sha256: read.sha256, refusal: reason };
    const run = await finishedRun(client, { registration, model, manifest: read.manifest });
    log.info({ revision, run }, 'MLflow has a run of it, and no version, since a gate refused it');
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

/** A manifest with its hash; undefined when it is missing or can't be understood. */
async function readManifest(folder: string): Promise<{ manifest: ToldManifest; sha256: string } | undefined> {
  try {
    const bytes = await readFile(join(folder, artifactKeys.manifest));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { manifest: ToldManifest.parse(JSON.parse(bytes.toString())), sha256 };
  } catch {
    return undefined;
  }
}

interface Told {
  readonly registration: Registration;
  readonly model: ToldModel;
  readonly manifest: ToldManifest;
}

async function makeVersion(client: MlflowClient, told: Told, source: string): Promise<string> {
  const { registration, model, manifest } = told;
  const found = await findVersion(client, registration.name, model.sha256);
  if (found !== undefined) return found;
  const body = {
    name: registration.name,
    source,
    run_id: await finishedRun(client, told),
    description: versionText(manifest, model, registration),
    tags: tagList(modelTags(model, registration)),
  };
  const Made = z.object({ model_version: Version });
  return (await client.ask(Made, { method: 'POST', path: 'model-versions/create', body })).model_version.version;
}

/** The id of the run. One that a try before left unfinished is finished: values that are there already stay as they are. */
async function finishedRun(client: MlflowClient, { registration, model, manifest }: Told): Promise<string> {
  const { startTime, endTime, tags, params, metrics } = describedRun(manifest, model, registration);
  const experiment_id = await experimentOf(client, registration.name);
  const search = {
    experiment_ids: [experiment_id],
    filter: `tags.\`${registryTags.artifact}\` = '${model.sha256}'`,
    max_results: 1,
  };
  const Found = z.object({ runs: z.array(Run).default([]) });
  const [found] = (await client.ask(Found, { method: 'POST', path: 'runs/search', body: search })).runs;
  if (found?.info.status === 'FINISHED') return found.info.run_id;
  const run_id =
    found?.info.run_id ??
    (await newRun(client, { experiment_id, run_name: model.revision, start_time: startTime, tags }));
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
