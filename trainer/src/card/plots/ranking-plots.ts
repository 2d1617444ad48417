import type { CardFigures } from '@churnops/crds';
import { foundWithin } from '../ranking-points.js';
import { decimal, percent } from '../wording.js';
import { element, places, type Markup } from '../svg.js';
import { drawChart, line, roundTicks, shareAxis, text, type LegendEntry, type Scale } from './draw-plot.js';

/** The decision as a point of the ranking. */
export interface Decided {
  readonly threshold: number;
  /** Rows that count as leaving, and the leavers among them. */
  readonly flagged: number;
  readonly found: number;
}

type Points = readonly (readonly [number, number])[];

const MODEL: LegendEntry = { text: 'This model', mark: 'first' };

/** The decision at a threshold: exact, because a ranking has a point there. */
export function decidedBy({ ranking }: CardFigures, threshold: number): Decided {
  const [, flagged, found] = ranking.findLast(([score]) => score >= threshold) ?? [0, 0, 0];
  return { threshold, flagged, found };
}

/** The ROC curve: shares of the stayers and of the leavers that are found, from the highest probability down. */
export function rocPoints({ ranking, rows, positives }: CardFigures): Points {
  const stayers = Math.max(1, rows - positives);
  const leavers = Math.max(1, positives);
  return [[0, 0], ...ranking.map(([, flagged, found]) => [(flagged - found) / stayers, found / leavers] as const)];
}

export function rocPlot(card: CardFigures, decided: Decided, area: number | undefined): string {
  const [x, y] = [
    (decided.flagged - decided.found) / Math.max(1, card.rows - card.positives),
    decided.found / Math.max(1, card.positives),
  ];
  const named = area === undefined ? '' : ` (area ${decimal(area)})`;
  return drawChart({
    title: 'Who is found first (ROC curve)',
    description: `At the threshold ${percent(y)} of the leavers are found and ${percent(x)} of the stayers are contacted in vain${named}.`,
    legend: [
      { ...MODEL, text: `This model${named}` },
      { text: 'Picking customers by chance (area 0.5)', mark: 'guide' },
    ],
    x: shareAxis('Stayers contacted in vain'),
    y: shareAxis('Leavers found'),
    marks: (scaleX, scaleY) => [
      line('line guide', [scaleX(0), scaleY(0)], [scaleX(1), scaleY(1)]),
      curve(rocPoints(card), scaleX, scaleY),
      ...mark([x, y], { below: `threshold ${decimal(decided.threshold)}` }, scaleX, scaleY),
    ],
  });
}

/** Recall and precision, from the highest probability down. */
export function precisionRecallPoints({ ranking, positives }: CardFigures): Points {
  const points = ranking.map(([, flagged, found]) => [found / Math.max(1, positives), found / flagged] as const);
  const [first] = points;
  return first === undefined ? [] : [[0, first[1]], ...points];
}

export function precisionRecallPlot(card: CardFigures, decided: Decided, area: number | undefined): string {
  const [x, y] = [
    decided.found / Math.max(1, card.positives),
    decided.flagged === 0 ? 0 : decided.found / decided.flagged,
  ];
  const base = card.positives / card.rows;
  const named = area === undefined ? '' : ` (area ${decimal(area)})`;
  return drawChart({
    title: 'How many contacts are right (precision and recall)',
    description: `At the threshold ${percent(y)} of the contacted customers are leavers, and ${percent(x)} of the leavers are found${named}. By chance ${percent(base)} of the contacted are leavers.`,
    legend: [
      { ...MODEL, text: `This model${named}` },
      { text: `Picking customers by chance (${percent(base)})`, mark: 'guide' },
    ],
    x: shareAxis('Leavers found (recall)'),
    y: shareAxis('Leavers among the contacted (precision)'),
    marks: (scaleX, scaleY) => [
      line('line guide', [scaleX(0), scaleY(base)], [scaleX(1), scaleY(base)]),
      curve(precisionRecallPoints(card), scaleX, scaleY),
      ...mark([x, y], { above: `threshold ${decimal(decided.threshold)}` }, scaleX, scaleY),
    ],
  });
}

/** How many times more leavers than by chance there are among the highest share of the customers; 0 where nobody left. */
export function liftAt({ ranking, rows, positives }: CardFigures, share: number): number {
  return positives === 0 ? 0 : foundWithin(ranking, share) / (share * rows) / (positives / rows);
}

export function liftPlot(card: CardFigures): string {
  const shares = Array.from({ length: 100 }, (_, index) => (index + 1) / 100);
  const points = shares.map((share) => [share, liftAt(card, share)] as const);
  const ticks = roundTicks(Math.max(...points.map(([, lift]) => lift), 1));
  const tenth = liftAt(card, 0.1);
  return drawChart({
    title: 'What contacting only some customers brings (lift)',
    description: `Among the tenth with the highest probability there are ${decimal(tenth, 2)} times as many leavers as in a tenth picked by chance.`,
    legend: [MODEL, { text: 'Picking customers by chance (1)', mark: 'guide' }],
    x: shareAxis('Customers contacted, the highest probability first'),
    y: { label: 'Leavers, compared with chance', from: 0, to: ticks.at(-1) ?? 1, ticks, show: (tick) => `${tick}×` },
    marks: (scaleX, scaleY) => [
      line('line guide', [scaleX(0), scaleY(1)], [scaleX(1), scaleY(1)]),
      curve(points, scaleX, scaleY),
      ...mark([0.1, tenth], { above: `${decimal(tenth, 2)}× in the highest 10 %` }, scaleX, scaleY),
    ],
  });
}

function curve(points: Points, x: Scale, y: Scale): Markup {
  return element('polyline', { class: 'first', points: places(points.map(([a, b]) => [x(a), y(b)])) });
}

/** A point with words on the side of a curve where there is room: below one that rises, above one that falls, else left below. */
function mark(
  [a, b]: readonly [number, number],
  words: { readonly below: string } | { readonly above: string },
  x: Scale,
  y: Scale,
): Markup[] {
  const isBelow = 'below' in words;
  const content = isBelow ? words.below : words.above;
  const place = a > 0.75 ? ([-12, 28, 'end'] as const) : ([12, isBelow ? 22 : -12, 'start'] as const);
  const [right, down, anchor] = place;
  return [
    element('circle', { class: 'second-fill', cx: x(a), cy: y(b), r: 6 }),
    text(content, x(a) + right, y(b) + down, { 'text-anchor': anchor }),
  ];
}
