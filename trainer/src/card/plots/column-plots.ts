import type { CardFigures, ColumnReport, Manifest } from '@churnops/crds';
import { printable } from '../printable.js';
import { element, type Markup } from '../svg.js';
import { count, decimal, percent } from '../wording.js';
import { drawPage, line, linear, pageRoom, text, type LegendEntry, type Scale } from './draw-plot.js';

/** Columns that a plot shows; the card's table has more. */
const MOST_BARS = 15;

/** Characters of a column's name; a wide one, as of Chinese, takes the room of two. */
const MOST_CHARACTERS = 22;

const ROW = 26;
const [LEFT, BOTTOM] = [190, 20];

/** Room of a character of a note. */
const CHARACTER = 8.5;

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly mark: 'first-fill' | 'second-fill';
  /** What stands beside the bar. */
  readonly note: string;
  /** Ends of a line across the bar's end. */
  readonly spread?: readonly [number, number];
}

interface BarList {
  readonly title: string;
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  readonly bars: readonly Bar[];
  readonly from: number;
  readonly to: number;
  /** A value with a line across all bars. */
  readonly guide?: number;
}

/** By how much the ROC AUC falls without what a column tells. */
export function importancePlot({ importances }: CardFigures): string {
  const shown = importances.slice(0, MOST_BARS);
  return drawBars({
    title: 'What the model looks at (importance)',
    description: `The ROC AUC falls most when the values of a column that tells much are shuffled. ${count(shown.length)} columns, the most important first.`,
    legend: [
      { text: 'By how much the ROC AUC falls when the column is shuffled', mark: 'first-fill' },
      { text: 'From the least to the most of five shuffles', mark: 'axis' },
    ],
    bars: shown.map(({ feature, drop, least, most }) => ({
      ...{ name: feature, value: drop, mark: 'first-fill', spread: [least, most], note: decimal(drop, 4) },
    })),
    from: Math.min(0, ...shown.map(({ least }) => least)),
    to: Math.max(0.001, ...shown.map(({ most }) => most)),
  });
}

/** From here on a column is suspected to give the label away. */
const SUSPECT = 0.95;

/** What columns tell alone, and which of them the report of the data names. */
export function dataPlot({ findings, columns }: NonNullable<Manifest['dataReport']>): string {
  const named = new Set(findings.map(({ column }) => column));
  const judged = columns.filter((column) => column.auc !== undefined || named.has(column.name));
  const shown = judged.toSorted((a, b) => Number(named.has(b.name)) - Number(named.has(a.name))).slice(0, MOST_BARS);
  const suspects = shown.filter(({ name }) => named.has(name)).length;
  return drawBars({
    title: 'What each column tells alone',
    description: `ROC AUC of columns alone; one of ${SUSPECT} or more may give away who left. A finding names ${count(suspects)} of these columns.`,
    legend: [
      { text: 'ROC AUC of the column alone', mark: 'first-fill' },
      { text: 'A finding names the column: see the list', mark: 'second-fill' },
      { text: `${SUSPECT}: from here on a column may give away who left`, mark: 'guide' },
    ],
    bars: shown.map((column) => dataBar(column, named.has(column.name))),
    from: 0.5,
    to: 1,
    guide: SUSPECT,
  });
}

function dataBar({ name, auc = 0.5, missingShare }: ColumnReport, isNamed: boolean): Bar {
  const missing = missingShare === 0 ? '' : `, ${percent(missingShare)} missing`;
  return { name, value: auc, mark: isNamed ? 'second-fill' : 'first-fill', note: `${decimal(auc)}${missing}` };
}

function drawBars({ title, description, legend, bars, from, to, guide }: BarList): string {
  const { top, width } = pageRoom(legend);
  const right = 16 + CHARACTER * Math.max(...bars.map(({ note }) => note.length));
  const scale = linear({ from, to }, LEFT, width - right);
  const bottom = top + bars.length * ROW;
  return drawPage({ title, description, legend }, bottom + BOTTOM, [
    ...bars.flatMap((bar, index) => drawBar(bar, top + index * ROW, scale, Math.max(from, 0))),
    ...(guide === undefined ? [] : [line('line guide', [scale(guide), top], [scale(guide), bottom])]),
  ]);
}

function drawBar({ name, value, mark, note, spread }: Bar, y: number, x: Scale, origin: number): Markup[] {
  const middle = y + ROW / 2;
  const [start, end] = [Math.min(x(origin), x(value)), Math.max(x(origin), x(value))];
  const last = Math.max(end, x(spread?.[1] ?? value));
  return [
    text(fitted(name), LEFT - 10, middle + 5, { 'text-anchor': 'end' }),
    element('rect', { class: mark, x: start, y: y + 5, width: Math.max(1, end - start), height: ROW - 10 }),
    ...(spread === undefined ? [] : spreadLine(spread, value, (at) => [x(at), middle])),
    text(note, last + 8, middle + 5, { class: 'quiet' }),
  ];
}

/** In the colour of the ground where it lies on the bar. */
function spreadLine(
  [least, most]: readonly [number, number],
  value: number,
  at: (value: number) => readonly [number, number],
): Markup[] {
  return [line('line inside', at(Math.max(0, least)), at(value)), line('line axis', at(value), at(most))];
}

/** A name that fits beside its bar. */
function fitted(name: string): string {
  const shown = printable(name, MOST_CHARACTERS);
  const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|\p{Emoji_Presentation}/u;
  return wide.test(shown) ? printable(name, MOST_CHARACTERS / 2) : shown;
}
