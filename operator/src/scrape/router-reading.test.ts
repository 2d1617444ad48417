import { describe, expect, it } from '@jest/globals';
import { samplesOf } from './metrics-text.js';
import { routerReading } from './router-reading.js';

const page = `
# HELP churnops_routing_info Always 1: which routing this pod acts on.
# TYPE churnops_routing_info gauge
churnops_routing_info{model="telco",revision="telco-1",sequence="41",percent="5"} 1
churnops_routing_breaker_open{candidate="telco-2",group="Candidate"} 0
churnops_forwarded_total{candidate="telco-2",source="Live",pod="a",group="Candidate",outcome="Answered"} 90
churnops_forwarded_total{candidate="telco-2",source="Live",pod="a",group="Candidate",outcome="Timeout"} 6
churnops_forwarded_total{candidate="telco-2",source="Live",pod="a",group="Candidate",outcome="Skipped"} 7
churnops_forwarded_total{candidate="telco-2",source="Live",pod="b",group="Candidate",outcome="Answered"} 50
churnops_forwarded_total{candidate="telco-2",source="Live",pod="",group="Candidate",outcome="BreakerOpen"} 4
churnops_forwarded_total{candidate="telco-2",source="Live",pod="c",group="Control",outcome="Answered"} 120
churnops_forwarded_total{candidate="telco-2",source="Live",pod="d",group="Control",outcome="Malformed"} 1
churnops_forwarded_total{candidate="telco-3",source="Live",pod="e",group="Candidate",outcome="Answered"} 1000
churnops_forwarded_scores_total{candidate="telco-2",source="Live",group="Candidate",bin="0"} 100
churnops_forwarded_scores_total{candidate="telco-2",source="Live",group="Candidate",bin="19"} 40
churnops_decision_flips_total{candidate="telco-2",source="Live"} 3
churnops_forwarded_total{candidate="telco-2",source="Replay",pod="a",group="Candidate",outcome="Answered"} 20
churnops_forwarded_total{candidate="telco-2",source="Replay",pod="a",group="Candidate",outcome="Refused"} 2
churnops_forwarded_total{candidate="telco-2",source="Replay",pod="c",group="Control",outcome="Answered"} 22
churnops_forwarded_scores_total{candidate="telco-2",source="Replay",group="Candidate",bin="0"} 20
churnops_decision_flips_total{candidate="telco-2",source="Replay"} 1
`;
const reading = (text: string) => routerReading(samplesOf(text), 'telco-2');

describe('the metrics page of a serving pod', () => {
  it('tells what it acts on', () => {
    expect(reading(page)?.router).toEqual({ sequence: 41, percent: 5, reaches: true });
  });

  it('tells that the candidate is out of reach when its breaker is open', () => {
    const broken = page.replace('group="Candidate"} 0', 'group="Candidate"} 1');
    expect(reading(broken)?.router.reaches).toBe(false);
  });

  it('counts rows by pod: slow are those without a good answer in time, and failed those of them that were not merely late', () => {
    expect(reading(page)?.counters).toMatchObject({
      candidate: {
        a: { requests: 96, failed: 0, slow: 6 },
        b: { requests: 50, failed: 0, slow: 0 },
        '': { requests: 4, failed: 4, slow: 4 },
      },
      control: { requests: 121, failed: 1, slow: 1 },
      pairs: { rows: 140, flips: 3 },
    });
  });

  it('counts replayed rows apart', () => {
    expect(reading(page)?.replay).toEqual({
      candidate: { a: { requests: 22, failed: 2, slow: 2 } },
      control: { requests: 22, failed: 0, slow: 0 },
      scores: { candidate: [20, ...Array<number>(19).fill(0)], control: [] },
      pairs: { rows: 20, flips: 1 },
    });
  });

  it('has scores by bin, and none of a group that counted none', () => {
    const { candidate, control } = reading(page)!.counters.scores;
    expect(candidate).toEqual([100, ...Array<number>(18).fill(0), 40]);
    expect(control).toEqual([]);
  });

  it('of an older release says nothing', () => {
    expect(reading('churnops_requests_total{code="200"} 1')).toBeUndefined();
  });
});

describe('a sample', () => {
  it.each([
    ['churnops_a 1', { name: 'churnops_a', labels: {}, value: 1 }],
    ['churnops_a{} 1.5e3 1700000000000', { name: 'churnops_a', labels: {}, value: 1500 }],
    [
      'churnops_a{b="c \\"d\\" \\\\ \\n}",e=""} +Inf',
      { name: 'churnops_a', labels: { b: 'c "d" \\ \n}', e: '' }, value: Infinity },
    ],
    ['churnops_:b_c NaN', { name: 'churnops_:b_c', labels: {}, value: Number.NaN }],
  ])('is read from %s', (line, sample) => {
    expect(samplesOf(line)).toEqual([sample]);
  });

  it.each(['', '# TYPE churnops_a counter', 'churnops_a', 'churnops_a{b="c"', '<html>', 'up 1'])(
    'is not read from %j',
    (line) => {
      expect(samplesOf(line)).toEqual([]);
    },
  );

  it('is one of so many at most', () => {
    expect(() => samplesOf('churnops_a 1\n'.repeat(10_001))).toThrow('more than 10000 samples');
  });

  // Minutes went by on such a page, in which the operator did nothing else.
  it.each(['a', 'a=', 'a="', '\\"', '} '])('has what labels it has, however many times a page repeats %j', (text) => {
    const [sample] = samplesOf(`churnops_a{${text.repeat(300_000)},b="c"} 1`);
    expect(sample?.value ?? 1).toBe(1);
  });
});
