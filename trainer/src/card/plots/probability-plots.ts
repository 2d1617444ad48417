import type { CardFigures } from '@churnops/crds';
import {
  calibrationGroups,
  isotonicSteps,
  isWithinBand,
  type CalibrationGroup,
  type IsotonicStep,
} from '../calibration.js';
import { element, places, type Markup } from '../svg.js';
import { decimal } from '../wording.js';
import { drawChart, line, roundTicks, shareAxis, type Scale } from './draw-plot.js';

export function calibrationPlot(card: CardFigures): string {
  const groups = calibrationGroups(card);
  const inside = groups.filter(isWithinBand).length;
  return drawChart({
    title: 'Do probabilities mean what they say? (calibration)',
    description: `${inside} of ${groups.length} groups of customers with about the same probability lie within the band where chance alone puts them in 95 % of cases.`,
    legend: [
      { text: 'Groups of customers', mark: 'dot' },
      { text: 'Where a perfect model has them in 95 % of cases', mark: 'band' },
      { text: 'Best rising steps (isotonic), for comparison', mark: 'first' },
    ],
    x: shareAxis('Probability that the model tells'),
    y: shareAxis('Share of customers who left'),
    marks: (x, y) => [
      band(groups, x, y),
      line('line guide', [x(0), y(0)], [x(1), y(1)]),
      element('polyline', { class: 'first', points: places(stepLine(isotonicSteps(card), x, y)) }),
      ...groups.map(({ meanProbability, positives, rows }) =>
        element('circle', { class: 'second-fill', cx: x(meanProbability), cy: y(positives / rows), r: 6 }),
      ),
    ],
  });
}

/** Between the ends of the groups' bands; a single group has a bar. */
function band(groups: readonly CalibrationGroup[], x: Scale, y: Scale): Markup {
  const ends = groups.length === 1 ? [...groups, ...groups] : groups;
  const half = groups.length === 1 ? 8 : 0;
  const at = ({ meanProbability }: CalibrationGroup, index: number) =>
    x(meanProbability) + (index === 0 ? -half : half);
  const upper = ends.map((group, index) => [at(group, index), y(group.band[1])] as const);
  const lower = ends.map((group, index) => [at(group, index), y(group.band[0])] as const);
  return element('polygon', { class: 'band', points: places([...upper, ...lower.reverse()]) });
}

function stepLine(steps: readonly IsotonicStep[], x: Scale, y: Scale) {
  return steps.flatMap(({ from, to, share }) => [[x(from), y(share)] as const, [x(to), y(share)] as const]);
}

export function scorePlot({ bins, rows, positives }: CardFigures, threshold: number): string {
  const stayers = Math.max(1, rows - positives);
  const shares = bins.map(
    (bin) => [(bin.rows - bin.positives) / stayers, bin.positives / Math.max(1, positives)] as const,
  );
  const ticks = roundTicks(Math.max(...shares.flat(), 0.01));
  const wide = 1 / bins.length;
  return drawChart({
    title: 'Which probabilities customers get',
    description: `Bars of the shares of stayers and of leavers in ${bins.length} equally wide ranges of the probability; the threshold is ${decimal(threshold)}.`,
    legend: [
      { text: 'Customers who stayed', mark: 'first-fill' },
      { text: 'Customers who left', mark: 'second-fill' },
      { text: `Threshold ${decimal(threshold)}: from here on a customer counts as leaving`, mark: 'guide' },
    ],
    x: shareAxis('Probability that the model tells'),
    y: {
      label: 'Share of those customers',
      from: 0,
      to: ticks.at(-1) ?? 1,
      ticks,
      show: (tick) => `${Number((tick * 100).toFixed(1))} %`,
    },
    marks: (x, y) => [
      ...shares.flatMap(([stayed, left], index) => [
        bar('first-fill', [x(index * wide) + 1.5, x((index + 0.5) * wide)], [y(stayed), y(0)]),
        bar('second-fill', [x((index + 0.5) * wide), x((index + 1) * wide) - 1.5], [y(left), y(0)]),
      ]),
      line('line guide', [x(threshold), y(0)], [x(threshold), y(ticks.at(-1) ?? 1)]),
    ],
  });
}

function bar(
  className: string,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
): Markup {
  return element('rect', { class: className, x: left, y: top, width: right - left, height: Math.max(0, bottom - top) });
}
