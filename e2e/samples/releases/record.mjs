// Records what a release leaves in a cluster: node record.mjs CHECKOUT OUTPUT, called by record.sh. The story runs on that
// release's own test harness, so this file imports from the checkout by path, and only what every release since 0.1.0 has.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [checkout, output] = process.argv.slice(2);
const harness = (name) => import(pathToFileURL(join(checkout, 'e2e/dist/harness', `${name}.js`)).href);
const { OperatorLab, Story } = await harness('operator-lab');
const { at, collectionOf } = await harness('kube-object');
const { listableTypes } = await harness('normalized');
const { until } = await harness('until');

const NAMESPACE = 'retention';
/** What the cluster makes anew by itself, or what only that cluster can use. */
const LEFT_OUT = ['events', 'endpoints', 'endpointslices', 'leases', 'controllerrevisions'];
const MADE_BY_CLUSTER = ['configmaps/kube-root-ca.crt', 'serviceaccounts/default'];

/** At its second revision after a change of training: two trainings, both Jobs finished, the first revision retired. */
async function retrained(story) {
  await story.begin({}, 'telco');
  await story.untilReady('telco-1', 'telco');
  await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 7 } } });
  await story.untilReady('telco-2', 'telco');
}

/** Scaled by hand, with much of its spec set. */
async function scaled(story) {
  const spec = {
    data: {
      uri: 's3://lake/retail.csv',
      secretRef: { name: 'lake' },
      s3: { endpoint: 'http://minio.lake:9000', region: 'eu-central-1' },
      label: 'churn',
      positiveLabel: 'Yes',
      entityKey: 'customer_id',
      excludeColumns: ['email'],
    },
    features: [{ name: 'tenure', type: 'Numeric', missingPolicy: 'Reject' }],
    training: { gates: [{ metric: 'RocAUC', minValue: '0.70' }], resources: { requests: { cpu: '1' } } },
    decision: { thresholdPolicy: 'Fixed', fixedThreshold: '0.4' },
  };
  await story.create('Secret', {
    metadata: { name: 'lake' },
    stringData: { AWS_ACCESS_KEY_ID: 'played', AWS_SECRET_ACCESS_KEY: 'played' },
  });
  await story.begin(spec, 'retail');
  await story.untilReady('retail-1', 'retail');
  await story.patch('ChurnModel', 'retail/scale', { spec: { replicas: 3 } });
  await story.untilModel(
    'serves with 3 pods',
    (model) => at(model, 'status', 'current', 'readyReplicas') === 3,
    'retail',
  );
}

/** At its second revision after a change of serving: the artifact of the first is used again. */
async function reconfigured(story) {
  await story.begin({ serving: { access: { authentication: 'None' } } }, 'bank');
  await story.untilReady('bank-1', 'bank');
  await story.patch('ChurnModel', 'bank', { spec: { serving: { maxBatchSize: 50 } } });
  await story.untilReady('bank-2', 'bank');
}

/** Until nothing is left to do: old Deployments are gone, and every Job knows when to go. */
async function untilSettled(story) {
  const models = ['telco', 'retail', 'bank'];
  await until('the retired Deployments are gone', async () => {
    for (const model of models) await story.poke(model);
    return (await story.names('Deployment')).join() === 'bank-2,retail-1,telco-2';
  });
  await until('no pod of a retired revision is left', async () => {
    const owned = (await story.list('ReplicaSet')).map(({ metadata }) => metadata.name);
    const pods = await story.list('Pod');
    return owned.length === 3 && pods.every(({ metadata }) => metadata.deletionTimestamp === undefined);
  });
  await until('every finished Job has a time to live', async () => {
    const jobs = await story.list('Job');
    return jobs.length === 4 && jobs.every((job) => at(job, 'spec', 'ttlSecondsAfterFinished') !== undefined);
  });
}

async function objectsOf(lab) {
  const objects = [];
  for (const [root, plural] of await listableTypes(lab.cluster)) {
    if (LEFT_OUT.includes(plural)) continue;
    const path = `${root}/namespaces/${NAMESPACE}/${plural}`;
    for (const { metadata } of await lab.cluster.list(path)) {
      if (MADE_BY_CLUSTER.includes(`${plural}/${metadata.name}`)) continue;
      // One by one: the objects of a list do not name their kind.
      objects.push({ resource: plural, object: await lab.cluster.get(`${path}/${metadata.name}`) });
    }
  }
  return objects;
}

const lab = await OperatorLab.start();
try {
  await lab.cluster.create(collectionOf('Namespace'), { metadata: { name: NAMESPACE } });
  const story = new Story(lab, NAMESPACE);
  await until('the namespace has its ServiceAccount', () => story.find('ServiceAccount', 'default'));
  const operator = await lab.startOperator();
  await Promise.all([retrained(story), scaled(story), reconfigured(story)]);
  // Retired pods stay for a minute.
  lab.clock.advance(61_000);
  await untilSettled(story);
  await operator.stop();
  const recorded = { recordedAt: lab.clock.wall().toISOString(), namespace: NAMESPACE, objects: await objectsOf(lab) };
  await writeFile(output, `${JSON.stringify(recorded, undefined, 1)}\n`);
} finally {
  await lab.stop();
}
