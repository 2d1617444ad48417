import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { expectAsInVector, vectorKinds, vectorsOf } from '../../fixtures/canary-vectors.js';
import { blockEvidence, limitEvidence, nearestNull } from './block-evidence.js';
import { atNextStep, compared, freshComparison, hasFailed, verdictOf } from './comparison.js';
import type { Comparison } from './comparison.js';
import { increments, nothing } from './counters.js';
import type { PodCounters } from './counters.js';
import { freshLimitTest, limited } from './limit-test.js';
import { pValue, rejects } from './mixture.js';
import { failsWithoutAnyPod, guarded } from './pod-guard.js';
import type { Guarded } from './pod-guard.js';
import { freshScoreShift, shifted, stabilityIndex, totalVariation } from './score-shift.js';
import { differenceBounds, shareBounds } from './share-bounds.js';
import type { Block } from './tally.js';

const Config = z.object({
  failMargin: z.number().default(0.001),
  passMargin: z.number().default(0.005),
  alphaFail: z.number().default(0.01),
  alphaPass: z.number().default(0.05),
  minRequests: z.number().default(50),
  minFailed: z.number().default(3),
  capLog: z.number().default(Infinity),
  histN: z.number().default(0),
  histX: z.number().default(0),
  nextStepAfterRead: z.array(z.int()).default([]),
});
const Pair = z.tuple([z.number(), z.number()]);
const Read = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const Limit = z.strictObject({ p0: z.number(), alpha: z.number() });

const tally = ([n, x]: [number, number]) => ({ n, x });
const requests = (n: number, failed: number) => ({ requests: n, failed, slow: failed });

/** What a read of cumulative counters adds, through the same door as the pods' counters. */
function differences(reads: readonly PodCounters[]): PodCounters[] {
  let counters = {};
  return reads.map((read) => {
    const outcome = increments(counters, { router: read });
    if ('problem' in outcome) throw new Error(outcome.problem);
    counters = outcome.counters;
    return outcome.added;
  });
}

function blockOf(candidate: readonly (typeof nothing.control)[], control: typeof nothing.control): Block {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    candidate: { n: sum(candidate.map((each) => each.requests)), x: sum(candidate.map((each) => each.failed)) },
    control: { n: control.requests, x: control.failed },
  };
}

function answerOf(test: Comparison, config: z.infer<typeof Config>) {
  const { fail, pass } = test;
  const wealth = { logEFail: fail.logE, pFail: pValue(fail), logEPass: pass.logE, pPass: pValue(pass) };
  return { verdict: verdictOf(test, config), ...wealth };
}

describe('the reference implementation', () => {
  it('has cases for nothing that is not named here', () => {
    const built = ['project', 'blockTwo', 'blockOne', 'prop', 'limit', 'shift', 'pods', 'bounds', 'diffBounds'];
    // Labels are judged later; the other two are alternatives that the product does not take.
    const left = ['brier', 'merge', 'designEffect'];
    expect(Object.keys(vectorKinds()).toSorted()).toEqual([...built, ...left].toSorted());
  });

  it.each(vectorsOf('project'))('agrees on the nearest point of the null, %s', (_, { input, expect: expected }) => {
    const of = z.record(z.enum(['nc', 'ns', 'c', 's', 'delta']), z.number()).parse(input);
    const t = nearestNull({ candidate: of.nc, control: of.ns }, { candidate: of.c, control: of.s }, of.delta);
    expectAsInVector({ t }, expected);
  });

  it.each(vectorsOf('blockTwo'))('agrees on the evidence of a block, %s', (_, { input, expect: expected }) => {
    const of = z.record(z.enum(['nc', 'xc', 'ns', 'xs', 'c', 's', 'delta']), z.number()).parse(input);
    const block = { candidate: { n: of.nc, x: of.xc }, control: { n: of.ns, x: of.xs } };
    const logE = blockEvidence(block, { candidate: of.c, control: of.s }, of.delta);
    expectAsInVector({ logE }, expected);
  });

  it.each(vectorsOf('blockOne'))('agrees on the evidence against a limit, %s', (_, { input, expect: expected }) => {
    const { n, x, p, p0 } = z.record(z.enum(['n', 'x', 'p', 'p0']), z.number()).parse(input);
    expectAsInVector({ logE: limitEvidence({ n, x }, p, p0) }, expected);
  });

  // Counts divided by their dispersion are an option of the specification that the product does not offer.
  const comparisons = vectorsOf('prop').filter(([, { config }]) => config['deflate'] === undefined);
  it.each(comparisons)('agrees on test 1, %s', (_, vector) => {
    const config = Config.parse(vector.config);
    let test: Comparison = { ...freshComparison(), earlier: { n: config.histN, x: config.histX } };
    const reads = z.array(Read).parse(vector.input);
    const added = differences(
      reads.map(([nc, xc, ns, xs]) => ({
        ...nothing,
        candidate: { pod: requests(nc, xc) },
        control: requests(ns, xs),
      })),
    );
    const answers = added.map(({ candidate, control }, index) => {
      test = compared(test, blockOf(Object.values(candidate), control), config);
      const answer = answerOf(test, config);
      if (config.nextStepAfterRead.includes(index)) test = atNextStep(test);
      return answer;
    });
    expectAsInVector(answers, vector.expect);
  });

  it.each(vectorsOf('limit'))('agrees on test 1b, %s', (_, vector) => {
    const { p0, alpha } = Limit.parse(vector.config);
    let test = freshLimitTest();
    const reads = z.array(Pair).parse(vector.input);
    const added = differences(reads.map(([n, x]) => ({ ...nothing, control: requests(n, x) })));
    const answers = added.map(({ control }) => {
      test = limited(test, { n: control.requests, x: control.failed }, { maxShare: p0, capLog: Infinity });
      const verdict = rejects(test.mixture, alpha) ? 'Fail' : test.mixture.blocks === 0 ? 'NoData' : 'Continue';
      return { verdict, logE: test.mixture.logE, p: pValue(test.mixture) };
    });
    expectAsInVector(answers, vector.expect);
  });

  it.each(vectorsOf('shift'))('agrees on test 3, %s', (_, vector) => {
    const { limit, alpha } = z.object({ limit: z.number(), alpha: z.number() }).parse(vector.config);
    let test = freshScoreShift();
    const reads = z.array(z.tuple([z.array(z.number()), z.array(z.number())])).parse(vector.input);
    const added = differences(reads.map(([candidate, control]) => ({ ...nothing, scores: { candidate, control } })));
    const answers = added.map(({ scores }) => {
      test = shifted(test, scores, limit);
      const { mixture, seen } = test;
      const verdict = rejects(mixture, alpha) ? 'Fail' : mixture.blocks === 0 ? 'NoData' : 'Continue';
      const known = seen.candidate.length > 0;
      const [tv, psi] = known ? [totalVariation(seen), stabilityIndex(seen)] : [null, null];
      return { verdict, logE: mixture.logE, p: pValue(mixture), tv, psi };
    });
    expectAsInVector(answers, vector.expect);
  });

  it.each(vectorsOf('pods'))('agrees on the pod guard, %s', (_, vector) => {
    const config = Config.parse(vector.config);
    let test: Guarded<Comparison> = { all: freshComparison(), without: [] };
    const reads = z.array(z.object({ pods: z.array(Pair), ns: z.number(), xs: z.number() })).parse(vector.input);
    const added = differences(
      reads.map(({ pods, ns, xs }) => {
        const candidate = Object.fromEntries(pods.map(([n, x], index) => [`pod-${index}`, requests(n, x)]));
        return { ...nothing, candidate, control: requests(ns, xs) };
      }),
    );
    const answers = added.map(({ candidate, control }) => {
      test = guarded(test, Object.keys(candidate), (each, leftOut) => {
        const others = Object.entries(candidate).filter(([pod]) => pod !== leftOut);
        return compared(
          each,
          blockOf(
            others.map(([, counts]) => counts),
            control,
          ),
          config,
        );
      });
      const answer = answerOf(test.all, config);
      const fails = failsWithoutAnyPod(test, (each) => hasFailed(each, config));
      const wealths = test.without.length < 2 ? [] : test.without.map(({ test: { fail } }) => fail.logE);
      const verdict = answer.verdict === 'Fail' && !fails ? 'Continue' : answer.verdict;
      return { ...answer, verdict, logEFailMin: Math.min(answer.logEFail, ...wealths) };
    });
    expectAsInVector(answers, vector.expect);
  });

  it.each(vectorsOf('bounds'))('agrees on the bounds of a share, %s', (_, { input, expect: expected }) => {
    const { alpha, ...of } = z.record(z.enum(['x', 'n', 'alpha']), z.number()).parse(input);
    expectAsInVector({ bounds: shareBounds(of, alpha) }, expected);
  });

  it.each(vectorsOf('diffBounds'))('agrees on the bounds of a difference, %s', (_, { input, expect: expected }) => {
    const of = z.record(z.enum(['xc', 'nc', 'xs', 'ns', 'alpha']), z.number()).parse(input);
    const block = { candidate: tally([of.nc, of.xc]), control: tally([of.ns, of.xs]) };
    expectAsInVector({ bounds: differenceBounds(block, of.alpha) }, expected);
  });
});
