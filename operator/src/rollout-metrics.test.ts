import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { NOW } from './fixtures/world-builder.js';
import { createMetrics } from './metrics.js';
import { countRollout, forgetRollout, showRollout } from './rollout-metrics.js';

const telco = { namespace: 'retention', name: 'telco' };
const time = NOW.toISOString();
const open: RolloutStatus = {
  sequence: 7,
  attempt: 1,
  stage: 'Canary',
  step: 1,
  percent: 25,
  sizePercent: 25,
  acknowledgedPercent: 5,
  startTime: time,
  stepStartTime: time,
  checks: [{ name: 'failures', verdict: 'Continue', candidate: '0.01', control: '0.01', samples: 612, message: '' }],
};

/** Series by their labels, without the type and help lines. */
async function series(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('the metrics of a rollout', () => {
  it('tell the share that the pods acknowledged, and not the one that is decided', async () => {
    const metrics = createMetrics();
    showRollout(metrics, telco, open);
    expect(await series(metrics, 'churnops_canary_percent')).toEqual([
      'churnops_canary_percent{namespace="retention",model="telco"} 5',
    ]);
  });

  it('have one series for each verdict, and 1 for the one that holds', async () => {
    const metrics = createMetrics();
    showRollout(metrics, telco, { ...open, checks: [] });
    showRollout(metrics, telco, open);
    const of = (verdict: string, value: number) =>
      `churnops_check_verdict{namespace="retention",model="telco",check="failures",verdict="${verdict}"} ${value}`;
    expect(await series(metrics, 'churnops_check_verdict')).toEqual([
      of('Pass', 0),
      of('Fail', 0),
      of('Continue', 1),
      of('NoData', 0),
    ]);
  });

  it('say nothing of checks that the bake does not have', async () => {
    const metrics = createMetrics();
    const flips = { name: 'decision-flips', verdict: 'Continue', candidate: '0.01', samples: 9, message: '' } as const;
    showRollout(metrics, telco, { ...open, checks: [...(open.checks ?? []), flips] });
    showRollout(metrics, telco, { ...open, stage: 'Baking' });
    expect(await series(metrics, 'churnops_check_verdict')).toHaveLength(4);
  });

  it('say nothing of a rollout that is over, and go on for other models', async () => {
    const metrics = createMetrics();
    showRollout(metrics, telco, open);
    showRollout(metrics, { ...telco, name: 'bank' }, open);
    forgetRollout(metrics, telco);
    const left = await Promise.all(['churnops_canary', 'churnops_check'].map((name) => series(metrics, name)));
    expect(left.map((lines) => lines.length)).toEqual([1, 4]);
    expect(left.flat().filter((line) => line.includes('telco'))).toEqual([]);
  });

  it('count how rollouts ended, and why they were rolled back', async () => {
    const metrics = createMetrics();
    countRollout(metrics, { result: 'Complete' });
    countRollout(metrics, { result: 'RolledBack', reason: 'AnalysisFailed' });
    expect(await series(metrics, 'churnops_roll')).toEqual([
      'churnops_rollouts_total{result="Complete"} 1',
      'churnops_rollouts_total{result="RolledBack"} 1',
      'churnops_rollbacks_total{reason="AnalysisFailed"} 1',
    ]);
  });
});
