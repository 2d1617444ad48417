import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MlflowServer } from '@churnops/trainer/dist/fixtures/mlflow-server.js';
import { z } from 'zod';
import { CanaryStory } from '../harness/canary-story.js';
import { conditionsOf, textAt } from '../harness/kube-object.js';
import { OperatorLab } from '../harness/operator-lab.js';
import { RegistrationPods } from '../harness/registration-pods.js';
import { until } from '../harness/until.js';

let lab: OperatorLab;
let mlflow: MlflowServer;

beforeAll(async () => {
  [lab, mlflow] = await Promise.all([OperatorLab.start(), MlflowServer.start()]);
  await lab.startOperator();
});

afterAll(async () => {
  await lab.stop();
  await mlflow.stop();
});

const RegisteredModel = z.object({
  registered_model: z.object({
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
    latest_versions: z.array(z.unknown()).default([]),
  }),
});
const Experiment = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const Runs = z.object({
  runs: z.array(
    z.object({
      data: z.object({
        tags: z.array(z.object({ key: z.string(), value: z.string() })),
        metrics: z.array(z.object({ key: z.string(), value: z.number() })),
      }),
    }),
  ),
});
const ModelVersion = z.object({
  model_version: z.object({ tags: z.array(z.object({ key: z.string(), value: z.string() })) }),
});

/** The revision that each alias stands for, as MLflow answers. */
async function aliases(name: string): Promise<Record<string, string>> {
  const { registered_model: found } = await mlflow.ask(RegisteredModel, `registered-models/get?name=${name}`);
  const told = found.aliases.map(async ({ alias, version }) => {
    const answer = await mlflow.ask(ModelVersion, `model-versions/get?name=${name}&version=${version}`);
    return [alias, answer.model_version.tags.find(({ key }) => key === 'churnops.dev/revision')?.value ?? ''] as const;
  });
  return Object.fromEntries((await Promise.all(told)).toSorted());
}

const events = async (canary: CanaryStory) =>
  (await canary.story.list('Event')).map((event) => `${textAt(event, 'reason')}: ${textAt(event, 'note')}`);

describe('MLflow', () => {
  it('has aliases that follow a rollout, a promotion and a rollback, also one that it missed', async () => {
    const steps = [{ percent: 20, minSeconds: 1, approval: 'Required' }];
    const canary = await CanaryStory.begin(lab, { rollout: { steps, rollback: { bakeSeconds: 3_600 } } });
    const { story } = canary;
    const pods = await RegistrationPods.begin(story);
    const name = `${story.namespace}.telco`;
    const untilAliases = (wanted: Record<string, string>) =>
      until(
        `MLflow has ${JSON.stringify(wanted)}`,
        async () => JSON.stringify(await aliases(name)) === JSON.stringify(wanted),
        async () => [await aliases(name), await events(canary)],
      );

    // A model that is there already, and MLflow comes.
    await canary.spec({ registry: { mlflow: { url: mlflow.url } } });
    await untilAliases({ champion: 'telco-1' });
    await story.untilCondition('Registered', 'True', 'UpToDate');

    await canary.change();
    await canary.untilHeld('Shadow', 'AwaitingApproval');
    await untilAliases({ challenger: 'telco-2', champion: 'telco-1' });

    await canary.verdict('approve-1');
    await canary.untilStage('Baking');
    await untilAliases({ champion: 'telco-2' });
    await story.untilReady('telco-2');

    // It is away while what serves turns bad, which holds nothing up.
    await mlflow.pause();
    canary.cast({ 'telco-2': { failing: 0.5 } });
    await canary.untilHeld('RolledBack', 'AnalysisFailed');
    await canary.untilServes('telco-1');
    const away = await story.untilCondition('Registered', 'False', 'RegistrationFailed');
    const { host } = new URL(mlflow.url);
    expect(conditionsOf(away)['Registered']?.message).toContain(`${host} can't be reached for MLflow (ECONNREFUSED)`);
    expect(conditionsOf(away)['Available']?.status).toBe('True');

    await mlflow.resume();
    expect(await aliases(name)).toEqual({ champion: 'telco-2' });
    // As it happens ten minutes after the Job failed.
    for (const job of await story.names('Job')) if (job.startsWith('telco-mlflow-')) await story.remove('Job', job);
    await untilAliases({ champion: 'telco-1' });
    await story.untilCondition('Registered', 'True', 'UpToDate');
    await pods.end();

    expect(canary.outages()).toBe(0);
    expect(story.flaws()).toEqual([]);
    expect(await events(canary)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Registered: MLflow at .*; telco-1 is champion, telco-2 is challenger\.$/),
        expect.stringMatching(/^RegistrationFailed: Job telco-mlflow-\d+ could not tell MLflow/),
      ]),
    );
  });

  it('has a run that says why a gate refused a model, and no version of it', async () => {
    const story = await lab.story();
    const failedGates = ['RocAUC 0.5500 is below minValue 0.60'];
    const pods = await RegistrationPods.begin(story, () => ({ kind: 'succeed', rocAuc: '0.5500', failedGates }));
    await story.begin({ registry: { mlflow: { url: mlflow.url } } });
    await story.untilCondition('Registered', 'True', 'UpToDate');
    const name = `${story.namespace}.telco`;
    const { experiment } = await mlflow.ask(Experiment, `experiments/get-by-name?experiment_name=${name}`);
    const { runs } = await mlflow.ask(Runs, 'runs/search', { experiment_ids: [experiment.experiment_id] });
    expect(runs.map(({ data }) => data.tags)).toEqual([
      expect.arrayContaining([
        { key: 'churnops.dev/revision', value: 'telco-1' },
        { key: 'churnops.dev/refused', value: `${failedGates.join()}.` },
      ]),
    ]);
    expect(runs[0]?.data.metrics).toContainEqual(expect.objectContaining({ key: 'RocAUC', value: 0.55 }));
    expect(await mlflow.ask(RegisteredModel, `registered-models/get?name=${name}`)).toEqual({
      registered_model: { aliases: [], latest_versions: [] },
    });
    await pods.end();
  });

  it('holds up neither a model nor its end when it was never there', async () => {
    const story = await lab.story();
    const pods = await RegistrationPods.begin(story);
    await story.begin({ registry: { mlflow: { url: 'http://127.0.0.1:9/' } } });
    await story.untilReady();
    await story.untilCondition('Registered', 'False', 'RegistrationFailed');
    expect(conditionsOf(await story.untilReady())['Ready']?.status).toBe('True');
    await story.remove('ChurnModel', 'telco');
    await until(
      'nothing of the model is left',
      async () => [...(await story.names('Job')), ...(await story.names('Deployment'))].length === 0,
      async () => [await story.names('Job'), await story.names('Deployment')],
    );
    await pods.end();
  });
});
