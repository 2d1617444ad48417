import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { conditionTypes, reasons } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { z } from 'zod';
import '../harness/fixed-seed.js';
import { type KStatus, kstatusOf } from '../harness/kstatus.js';
import { repositoryRoot } from '../harness/repository-root.js';

const lua = join(repositoryRoot(), '.cache/bin/gopher-lua');
const checks = join(repositoryRoot(), 'integrations/argocd/churnops.dev');

const Health = z.strictObject({
  status: z.enum(['Healthy', 'Progressing', 'Degraded', 'Suspended']),
  message: z.string(),
});
type Health = z.infer<typeof Health>;
const Answer = z.union([z.strictObject({ health: Health }), z.strictObject({ error: z.string() })]);
const HealthTests = z.strictObject({
  tests: z.array(z.strictObject({ healthStatus: Health, inputPath: z.string() })),
});

/** What the check says of each object, run by the Lua machine that Argo CD uses. */
function healthOf(kind: string, objects: readonly unknown[]): Health[] {
  const input = objects.map((object) => `${JSON.stringify(object)}\n`).join('');
  const { status, stdout, stderr, error } = spawnSync(lua, [join(checks, kind, 'health.lua')], {
    input,
    encoding: 'utf8',
  });
  if (error !== undefined) throw new Error(`${lua} can not be run: toolchain/install.sh gopher-lua`, { cause: error });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const answer = Answer.parse(JSON.parse(line));
      if ('error' in answer) throw new Error(answer.error);
      return answer.health;
    });
}

function yamlOf(...path: readonly string[]): unknown {
  const object: unknown = parse(readFileSync(join(checks, ...path), 'utf8'));
  return object;
}

describe.each(['ChurnModel', 'ChurnModelRevision'])("Argo CD's health check of a %s", (kind) => {
  const { tests } = HealthTests.parse(yamlOf(kind, 'health_test.yaml'));

  it.each(tests)('reads $inputPath as $healthStatus.status', ({ healthStatus, inputPath }) => {
    expect(healthOf(kind, [yamlOf(kind, inputPath)])).toEqual([healthStatus]);
  });

  it('has a test for each of its samples', () => {
    const samples = readdirSync(join(checks, kind, 'testdata')).map((name) => `testdata/${name}`);
    expect(tests.map(({ inputPath }) => inputPath).toSorted()).toEqual(samples.toSorted());
  });
});

const meanings = {
  Healthy: 'Current',
  Degraded: 'Failed',
  Progressing: 'InProgress',
  Suspended: 'InProgress',
} as const satisfies Record<Health['status'], KStatus>;

const { ready, available, reconciling, stalled, trained, promoted } = conditionTypes;
const status = fc.constantFrom('True', 'False', 'Unknown');

function condition(type: string, value: fc.Arbitrary<string> = status) {
  return fc.record({
    type: fc.constant(type),
    status: value,
    reason: fc.constantFrom(...Object.values(reasons)),
    message: fc.string(),
  });
}

/** The operator always says whether a model is ready; it is never both reconciling and stalled. */
const conditions = fc
  .tuple(
    condition(ready),
    fc.option(fc.oneof(condition(reconciling), condition(stalled)), { nil: undefined }),
    fc.option(condition(available), { nil: undefined }),
    fc.option(condition(trained), { nil: undefined }),
    fc.option(condition(promoted), { nil: undefined }),
  )
  .map((list) => list.filter((entry) => entry !== undefined))
  .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));

const model = fc
  .record({
    generation: fc.integer({ min: 1, max: 3 }),
    behind: fc.constantFrom(0, 0, 0, 1, 2),
    suspend: fc.option(fc.boolean(), { nil: undefined }),
    conditions,
  })
  .map(({ generation, behind, suspend, conditions: list }) => ({
    metadata: { generation },
    spec: suspend === undefined ? {} : { suspend },
    status: { observedGeneration: generation - behind, conditions: list },
  }));

describe('Argo CD and kstatus', () => {
  it('agree on every status that a ChurnModel can have', () => {
    fc.assert(
      fc.property(fc.array(model, { minLength: 1, maxLength: 50 }), (models) => {
        const verdicts = healthOf('ChurnModel', models).map((health) => meanings[health.status]);
        expect(verdicts).toEqual(models.map((object) => kstatusOf(object)));
      }),
    );
  });

  it('show a message of one of the conditions, once the operator has looked', () => {
    fc.assert(
      fc.property(fc.array(model, { minLength: 1, maxLength: 50 }), (models) => {
        const seen = models.filter((object) => object.status.observedGeneration === object.metadata.generation);
        fc.pre(seen.length > 0);
        const wrong = healthOf('ChurnModel', seen).filter(
          ({ message }, index) => seen[index]?.status.conditions.every((one) => one.message !== message) ?? true,
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('differ where there is no Ready condition yet: Argo CD waits', () => {
    const untold = { metadata: { generation: 1 }, spec: {}, status: { observedGeneration: 1 } };
    expect(healthOf('ChurnModel', [untold])).toEqual([{ status: 'Progressing', message: '' }]);
  });
});
