import { expect, it } from '@jest/globals';
import type { Asked } from './figure.js';
import { judgedTable, missesGate, ratioFigure } from './figure.js';

const more: Asked = { better: 'higher', gate: 3, goal: 8 };
const less: Asked = { better: 'lower', gate: 0.7, goal: 0.33 };

it.each([
  [more, [9, 1, 2.9], 'gate missed'],
  [more, [1, 3, 9], 'gate held'],
  [more, [1, 8, 9], 'goal reached'],
  [less, [0.1, 0.71, 0.9], 'gate missed'],
  [less, [0.1, 0.7, 0.9], 'gate held'],
  [less, [0.1, 0.33, 0.9], 'goal reached'],
  [undefined, [1], ''],
])('what is asked (%j) is judged by the median of %j: "%s"', (asked, ratios, verdict) => {
  const figure = ratioFigure('a figure', ratios, asked);
  expect(judgedTable([figure])).toMatch(new RegExp(`\\| ${verdict} \\|$`));
  expect(missesGate(figure)).toBe(verdict === 'gate missed');
});
