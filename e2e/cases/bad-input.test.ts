import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster-access.js';
import { conditionsOf } from '../harness/kube-object.js';
import { lakeModel, openLake, uriOf } from '../harness/lake.js';
import { currentCluster, Playground } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const table = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');

/** One way to ask for what can't be done. `words`: what a reader must find; `log`: whether a training pod says it too. */
interface BadInput {
  readonly name: string;
  readonly what: string;
  readonly file: string;
  readonly data: object;
  readonly reason: string;
  readonly words: readonly string[];
  readonly log: boolean;
}

const cases: readonly BadInput[] = [
  {
    name: 'no-label',
    what: 'a label column that is not there',
    file: 'small.csv',
    data: { label: 'left_us' },
    reason: 'DataInvalid',
    words: ['left_us'],
    log: true,
  },
  {
    name: 'three-classes',
    what: 'three classes and no word which of them means left',
    file: 'three-classes.csv',
    data: {},
    reason: 'DataInvalid',
    words: ['churn', 'Maybe'],
    log: true,
  },
  {
    name: 'one-class',
    what: 'one class',
    file: 'one-class.csv',
    data: {},
    reason: 'DataInvalid',
    words: ['churn'],
    log: true,
  },
  {
    name: 'empty-file',
    what: 'an empty file',
    file: 'empty.csv',
    data: {},
    reason: 'DataInvalid',
    words: ['empty.csv'],
    log: true,
  },
  {
    name: 'no-object',
    what: 'an object that is not there',
    file: 'nowhere.csv',
    data: {},
    reason: 'Data(Invalid|Unreachable)',
    words: ['nowhere.csv'],
    log: true,
  },
  {
    name: 'no-server',
    what: 'an S3 server that does not answer',
    file: 'small.csv',
    data: { s3: { endpoint: 'http://nobody.lake.svc:7070' } },
    reason: 'DataUnreachable',
    words: ['nobody.lake.svc'],
    log: true,
  },
  {
    name: 'wrong-keys',
    what: 'wrong credentials',
    file: 'small.csv',
    data: { secretRef: { name: 'wrong' } },
    reason: 'Data(Invalid|Unreachable)',
    words: ['wrong'],
    log: true,
  },
  {
    name: 'no-secret',
    what: 'a Secret that is not there',
    file: 'small.csv',
    data: { secretRef: { name: 'missing' } },
    reason: 'SecretNotFound',
    words: ['missing'],
    log: false,
  },
];

let cluster: Cluster;
let playground: Playground;

beforeAll(async () => {
  cluster = await currentCluster();
  playground = await Playground.open(cluster, 'bad-input');
  const lines = (await readFile(table, 'utf8')).split('\n').slice(0, 301);
  const [header = '', ...rows] = lines;
  const relabelled = (label: (index: number) => string) =>
    [header, ...rows.map((row, index) => row.replace(/"(Yes|No)"/, `"${label(index)}"`))].join('\n');
  await openLake(playground, {
    'small.csv': lines.join('\n'),
    'three-classes.csv': relabelled((index) => ['Yes', 'No', 'Maybe'][index % 3] ?? ''),
    'one-class.csv': relabelled(() => 'No'),
    'empty.csv': '',
  });
  await playground.create('Secret', {
    metadata: { name: 'wrong' },
    stringData: { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'knows' },
  });
  // All at once: a training pod's start is most of the time that one takes.
  for (const { name, file, data } of cases) await playground.create('ChurnModel', lakeModel(name, file, data));
});

afterAll(async () => {
  await playground.leave();
  await cluster.close();
});

describe('a ChurnModel with', () => {
  it.each(cases)('$what says so where people look', async ({ name, reason, words, log }) => {
    const said = new RegExp(`^${reason}$`);
    const model = await until(
      `${name} tells its reason`,
      async () => {
        const found = await playground.get('ChurnModel', name);
        const { Ready, Stalled } = conditionsOf(found);
        return [Ready?.reason ?? '', Stalled?.reason ?? ''].some((text) => said.test(text)) && found;
      },
      () => playground.find('ChurnModel', name),
    );
    expect(conditionsOf(model)['Ready']?.status).toBe('False');

    const wide = await playground.kubectl('get', 'churnmodel', name, '-o', 'wide');
    const described = await playground.kubectl('describe', 'churnmodel', name);
    for (const word of words) {
      expect(wide).toContain(word);
      expect(described).toContain(word);
    }
    if (!log) return;
    // Of a run that is tried again there are several pods, and the newest may not have a log yet.
    await until(`a log of ${name} says it`, async () => {
      const pods = (await playground.list('Pod')).filter(({ metadata }) => metadata.name.startsWith(`${name}-1-train`));
      const logs = await Promise.all(
        pods.map(({ metadata }) => playground.kubectl('logs', metadata.name).catch(() => '')),
      );
      return logs.some((text) => words.every((word) => text.includes(word)));
    });
  });

  it('an S3 uri that names no file is refused by the API server', async () => {
    const model = lakeModel('no-key', 'x', { uri: uriOf('x').replace(/\/x$/, '') });
    await expect(playground.create('ChurnModel', model)).rejects.toThrow('spec.data.uri');
  });

  it('bad input makes no pod that serves', async () => {
    expect(await playground.list('Deployment')).toEqual([]);
  });
});
