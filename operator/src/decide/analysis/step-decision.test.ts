import { describe, expect, it } from '@jest/globals';
import { decidedAt, defaultSettings, PlayedCanary } from '../../fixtures/played-canary.js';
import type { NewRequests } from '../../fixtures/played-canary.js';
import type { AnalysisSettings } from './analysis-settings.js';
import type { Evidence } from './evidence.js';
import type { Look, StepDecision } from './step-decision.js';

const early = { isLast: false, minSeconds: 60, maxSeconds: 600 };
const last = { isLast: true, minSeconds: 60, maxSeconds: 1800 };

function played(looks: number, candidate: NewRequests['candidate'], control: NewRequests['control']): PlayedCanary {
  const canary = new PlayedCanary();
  for (let round = 0; round < looks; round += 1) canary.look({ candidate, control }, early);
  return canary;
}

function seen(...parts: Parameters<typeof played>): Evidence {
  return played(...parts).evidence;
}

/** All is proven, and then a third of the candidate's requests fail. */
function brokenNow(): Evidence {
  const canary = played(40, [[100, 0]], [100, 0]);
  canary.look({ candidate: [[100, 33]], control: [100, 0] }, early);
  return canary.evidence;
}

const nothingYet = seen(1, [[0, 0]], [0, 0]);
const good = seen(12, [[100, 0]], [100, 0]);
const better = seen(20, [[100, 0]], [100, 0]);
const open = seen(3, [[100, 1]], [100, 1]);
const few = seen(3, [[10, 0]], [10, 0]);
const bad = seen(3, [[100, 60]], [100, 1]);
const doubtful = seen(4, [[100, 5]], [100, 1]);
const nearLimit = seen(5, [[100, 15]], [100, 15]);
const onePodDown = seen(3, [[40, 40], [40, 0], [40, 0]], [120, 0]); // prettier-ignore
/** Seen on replayed rows alone. */
const replayed = (evidence: Evidence): Evidence => ({ ...evidence, live: evidence.replay, replay: evidence.live });
const overLimit = seen(30, [[100, 15]], [100, 15]);
/** The control group is what is broken. */
const sickControl = seen(12, [[100, 5]], [100, 50]);

type Expected = readonly [kind: StepDecision['kind'], reason: StepDecision['reason']];
type Case = readonly [string, Partial<Omit<Look, 'checks'>>, Expected, Partial<AnalysisSettings>?];
const both = { replays: true };
const unread = { problem: 'pod telco-12-abc did not answer' };
const usual: Omit<Look, 'checks'> = {
  ...{ evidence: open, step: early, stepAge: 120, problem: undefined },
  ...{ quietAge: 0, quietSince: 'noon', watchedAge: Infinity },
};

describe('stepDecision', () => {
  it.each<Case>([
    ['rolls back what is worse', { evidence: bad }, ['RollBack', 'CheckFailed']],
    ['rolls back what is over the limit, though it is no worse', { evidence: overLimit }, ['RollBack', 'CheckFailed']],
    [
      'rolls back what has failed, also when nothing can be read',
      { evidence: bad, ...unread },
      ['RollBack', 'CheckFailed'],
    ],
    ['waits when one pod is down', { evidence: onePodDown, stepAge: 900 }, ['Hold', 'AwaitingEvidence']],
    ['goes on when all is proven', { evidence: good }, ['NextStep', 'Proven']],
    ['promotes when all is proven at the last step', { evidence: good, step: last }, ['NextStep', 'Proven']],
    [
      'goes on when all is proven on replayed rows',
      { evidence: replayed(better) },
      ['NextStep', 'ProvenOnReplay'],
      both,
    ],
    ['rolls back what is worse on replayed rows', { evidence: replayed(bad) }, ['RollBack', 'CheckFailed'], both],
    [
      'goes on by time with replayed rows too',
      { evidence: replayed(open), stepAge: 600 },
      ['NextStep', 'OnTime'],
      both,
    ],
    [
      'does not go by replayed rows where there shall be none',
      { evidence: replayed(better) },
      ['Hold', 'AwaitingEvidence'],
    ],
    ['proves nothing by a control group that fails itself', { evidence: sickControl }, ['Hold', 'AwaitingEvidence']],
    ['nor on replayed rows', { evidence: replayed(sickControl) }, ['Hold', 'AwaitingEvidence'], both],
    ['nor ends a step by time then', { evidence: sickControl, stepAge: 600 }, ['Hold', 'AwaitingEvidence']],
    [
      'goes by its policy at the end of the last step then',
      { evidence: sickControl, step: last, stepAge: 1800 },
      ['NextStep', 'Inconclusive'],
      { inconclusivePolicy: 'Promote' },
    ],
    [
      'goes on when few of the control group failed',
      { evidence: seen(12, [[100, 0]], [100, 9]) },
      ['NextStep', 'Proven'],
    ],
    ['does not go on when it broke since all was proven', { evidence: brokenNow() }, ['Hold', 'AwaitingEvidence']],
    ['nor by time', { evidence: brokenNow(), stepAge: 600 }, ['Hold', 'AwaitingEvidence']],
    ['lets a step last for its minimum', { evidence: good, stepAge: 50 }, ['Hold', 'AwaitingEvidence']],
    [
      'takes a clock that was set back for no time at all',
      { evidence: good, stepAge: -500 },
      ['Hold', 'AwaitingEvidence'],
    ],
    ['goes on with what was proven before requests ceased', { evidence: good, quietAge: 60 }, ['NextStep', 'Proven']],
    ['waits with what was proven while nothing can be read', { evidence: good, ...unread }, ['Hold', 'NoData']],
    ['waits for evidence', { evidence: open }, ['Hold', 'AwaitingEvidence']],
    ['goes on when time is up and nothing speaks against it', { evidence: open, stepAge: 600 }, ['NextStep', 'OnTime']],
    ['does not go on by time with few requests', { evidence: few, stepAge: 900 }, ['Hold', 'AwaitingEvidence']],
    ['does not go on by time when in doubt', { evidence: doubtful, stepAge: 900 }, ['Hold', 'AwaitingEvidence']],
    ['does not go on by time near the limit', { evidence: nearLimit, stepAge: 900 }, ['Hold', 'AwaitingEvidence']],
    ['does not go on by time without requests', { evidence: open, stepAge: 900, quietAge: 20 }, ['Hold', 'NoData']],
    ['does not end the last step by time', { evidence: open, step: last, stepAge: 900 }, ['Hold', 'AwaitingEvidence']],
    [
      'holds when the last step proves nothing',
      { evidence: open, step: last, stepAge: 1800 },
      ['Hold', 'Inconclusive'],
    ],
    [
      'promotes then when that is the policy',
      { evidence: open, step: last, stepAge: 1800 },
      ['NextStep', 'Inconclusive'],
      { inconclusivePolicy: 'Promote' },
    ],
    [
      'rolls back then when that is the policy',
      { evidence: open, step: last, stepAge: 1800 },
      ['RollBack', 'Inconclusive'],
      { inconclusivePolicy: 'RollBack' },
    ],
    [
      'promotes nothing without data, whatever the policy',
      { evidence: open, step: last, stepAge: 1800, quietAge: 20 },
      ['Hold', 'NoData'],
      { inconclusivePolicy: 'Promote' },
    ],
    ['holds without any data', { evidence: nothingYet, quietAge: 9000, stepAge: 9000 }, ['Hold', 'NoData']],
    [
      'holds without data for ten minutes, whatever the policy',
      { evidence: open, quietAge: 599 },
      ['Hold', 'NoData'],
      { noDataPolicy: 'RollBack' },
    ],
    [
      'rolls back without data after ten minutes when that is the policy',
      { evidence: open, quietAge: 600 },
      ['RollBack', 'NoData'],
      { noDataPolicy: 'RollBack' },
    ],
    [
      'rolls back when nothing could be read for ten minutes and that is the policy',
      { evidence: open, quietAge: 600, ...unread },
      ['RollBack', 'NoData'],
      { noDataPolicy: 'RollBack' },
    ],
    [
      'rolls back without data only after ten minutes in which it looked',
      { evidence: open, quietAge: 9000, watchedAge: 599 },
      ['Hold', 'NoData'],
      { noDataPolicy: 'RollBack' },
    ],
    ['gives requests two intervals to come', { evidence: open, quietAge: 19 }, ['Hold', 'AwaitingEvidence']],
  ])('%s', (_, differences, [kind, reason], settings = {}) => {
    expect(decidedAt({ ...usual, ...differences }, { ...defaultSettings, ...settings })).toMatchObject({
      kind,
      reason,
    });
  });

  it.each<[string, Partial<Omit<Look, 'checks'>>, string]>([
    [
      'of a Fail',
      { evidence: bad },
      'failures: 60 % of 300 against 1 % of 300; more than 0.1 points worse (p < 0.0001)',
    ],
    [
      'of a step that goes on',
      { evidence: good },
      'failures: 0 % of 1,200 against 0 % of 1,200; less than 0.5 points worse (p = 0.043). latency: 0 % of 1,200 against 0 % of 1,200; less than 2 points worse (p < 0.0001)',
    ],
    [
      'of a control group that fails itself',
      { evidence: sickControl },
      'the control group fails itself: 50 % of 1,200 in this step had no good answer in time; nothing passes while that is over 10 %',
    ],
    [
      'of what broke since it was proven',
      { evidence: brokenNow() },
      'failures: 0.8 % of 4,100 against 0 % of 4,100; less than 0.5 points worse (p < 0.0001); in serious doubt at this look. latency: 0.8 % of 4,100 against 0 % of 4,100; less than 2 points worse (p < 0.0001); in serious doubt at this look',
    ],
    ['of a step that waits for its end', { evidence: good, stepAge: 45 }, 'passed; the step lasts at least 60 s'],
    [
      'of a step that ends by time',
      { evidence: open, stepAge: 600 },
      'not proven: 1 % of 300 against 1 % of 300 failed, a difference between -4.7 and 4.7 points',
    ],
    ['of a look without data', { evidence: open, quietAge: 95 }, 'no request of the candidate; nothing new since noon'],
    [
      'of a look at which a pod could not be read',
      { evidence: open, quietAge: 10, ...unread },
      'pod telco-12-abc did not answer; nothing new since noon',
    ],
  ])('says the numbers %s', (_, differences, message) => {
    expect(decidedAt({ ...usual, ...differences }, defaultSettings).message).toBe(message);
  });
});
