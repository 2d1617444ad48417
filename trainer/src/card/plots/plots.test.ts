import { describe, expect, it } from '@jest/globals';
import { judgedModel } from '../../fixtures/judged-model.js';
import { tenCustomers } from '../../fixtures/ten-customers.js';
import { drawPlots, type PlotName } from '../plot-files.js';
import { roundTicks } from './draw-plot.js';
import { liftAt, precisionRecallPoints, rocPoints } from './ranking-plots.js';

const drawn = drawPlots(judgedModel('tenure'));
const plot = (name: PlotName) => drawn.get(name) ?? '';

const third = 1 / 3;

describe('curves of ten known customers', () => {
  it('the ROC curve goes through these points', () => {
    expect(rocPoints(tenCustomers)).toEqual([
      [0, 0],
      [0, 0.25],
      [0, 0.5],
      [1 / 6, 0.5],
      [third, 0.75],
      [third, 1],
      [2 * third, 1],
      [1, 1],
    ]);
  });

  it('precision and recall are these', () => {
    expect(precisionRecallPoints(tenCustomers)).toEqual([
      [0, 1],
      [0.25, 1],
      [0.5, 1],
      [0.5, 2 * third],
      [0.75, 0.6],
      [1, 4 / 6],
      [1, 0.5],
      [1, 0.4],
    ]);
  });

  it.each([
    [0.1, 2.5],
    [0.2, 2.5],
    [0.3, 5 * third],
    [0.4, 1.5625],
    [1, 1],
  ])('the lift at %d is %d', (share, lift) => {
    expect(liftAt(tenCustomers, share)).toBeCloseTo(lift, 9);
  });
});

describe('a plot', () => {
  // The axes are 460 wide from 76 on, and 320 high; a legend of two lines puts their top at 100.
  it.each<[PlotName, string, string]>([
    [
      'roc',
      'the curve',
      'points="76.0,420.0 76.0,340.0 76.0,260.0 152.7,260.0 229.3,180.0 229.3,100.0 382.7,100.0 536.0,100.0"',
    ],
    ['roc', 'the decision', 'cx="152.67" cy="260"'],
    ['precision-recall', 'the decision', 'cx="306" cy="206.67"'],
    ['precision-recall', 'chance', 'class="line guide" x1="76" y1="292" x2="536" y2="292"'],
    ['lift', 'the highest tenth', 'cx="122" cy="100"'],
    ['calibration', 'a group', 'cx="352" cy="282"'],
    ['scores', 'the threshold', 'class="line guide" x1="375" y1="442" x2="375" y2="122"'],
    ['importance', 'a bar', 'x="208.94" y="105" width="227.25" height="16"'],
    ['data', 'a column that a finding names', 'class="second-fill" x="190" y="127"'],
  ])('of %s has %s where its figures put it', (name, _, markup) => {
    expect(plot(name)).toContain(markup);
  });

  it.each<[PlotName, string]>([
    ['roc', 'At the threshold 50.0 % of the leavers are found and 16.7 % of the stayers are contacted in vain'],
    ['precision-recall', 'At the threshold 66.7 % of the contacted customers are leavers'],
    ['lift', '2.50 times as many leavers'],
    ['calibration', '7 groups'],
    ['scores', 'the threshold is 0.650'],
    ['importance', '2 columns, the most important first'],
    ['data', 'A finding names 1 of these columns'],
  ])('of %s tells those who can not see it what it shows', (name, words) => {
    expect(plot(name)).toMatch(/^<svg [^>]*role="img" aria-label="[^"]{10,}"><title>[^<]{10,}<\/title><desc>/);
    expect(/<desc>([^<]*)<\/desc>/.exec(plot(name))?.[1]).toContain(words);
  });

  it('has colours for light and for dark, on a ground of its own, and takes little room', () => {
    for (const svg of drawn.values()) {
      expect(svg).toContain('prefers-color-scheme:dark');
      expect(svg).toContain('class="ground"');
      expect(svg.length).toBeLessThan(12_000);
    }
  });
});

describe('ticks', () => {
  it.each([
    [2.5, [0, 0.5, 1, 1.5, 2, 2.5]],
    [3.1, [0, 1, 2, 3, 4]],
    [0.37, [0, 0.1, 0.2, 0.3, 0.4]],
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [9.9, [0, 2, 4, 6, 8, 10]],
  ])('for %d are %j', (most, ticks) => {
    expect(roundTicks(most)).toEqual(ticks);
  });
});
