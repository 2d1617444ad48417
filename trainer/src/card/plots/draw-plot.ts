import { element, type Markup } from '../svg.js';
import { plotStyle } from './plot-style.js';

/** Where a value is on the page. */
export type Scale = (value: number) => number;

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly show: (tick: number) => string;
}

export interface LegendEntry {
  readonly text: string;
  readonly mark: 'first' | 'guide' | 'axis' | 'band' | 'first-fill' | 'second-fill' | 'dot';
}

interface Plot {
  readonly title: string;
  /** For those who can't see it: what it shows, with its figures. */
  readonly description: string;
  readonly legend: readonly LegendEntry[];
}

interface Chart extends Plot {
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: (x: Scale, y: Scale) => readonly Markup[];
}

const WIDTH = 560;
const PLOT_HEIGHT = 320;
const LINE = 22;
const [LEFT, RIGHT, BOTTOM] = [76, 24, 62];

/** A chart with two axes, as the text of an SVG file. */
export function drawChart({ x, y, marks, ...plot }: Chart): string {
  const { top } = pageRoom(plot.legend);
  const bottom = top + PLOT_HEIGHT;
  const scaleX = linear(x, LEFT, WIDTH - RIGHT);
  const scaleY = linear(y, bottom, top);
  const middle = (top + bottom) / 2;
  return drawPage(plot, bottom + BOTTOM, [
    ...y.ticks.flatMap((tick) => [
      line('grid', [LEFT, scaleY(tick)], [WIDTH - RIGHT, scaleY(tick)]),
      text(y.show(tick), LEFT - 8, scaleY(tick) + 5, { 'text-anchor': 'end', class: 'quiet' }),
    ]),
    ...x.ticks.flatMap((tick) => [
      line('axis', [scaleX(tick), bottom], [scaleX(tick), bottom + 5]),
      text(x.show(tick), scaleX(tick), bottom + 22, { 'text-anchor': 'middle', class: 'quiet' }),
    ]),
    line('axis', [LEFT, bottom], [WIDTH - RIGHT, bottom]),
    text(x.label, (LEFT + WIDTH - RIGHT) / 2, bottom + 48, { 'text-anchor': 'middle' }),
    text(y.label, 0, 0, { 'text-anchor': 'middle', transform: `translate(20 ${middle}) rotate(-90)` }),
    ...marks(scaleX, scaleY),
  ]);
}

/** The text of an SVG file: ground, title, legend, and what is drawn below them. */
export function drawPage({ title, description, legend }: Plot, height: number, drawn: readonly Markup[]): string {
  const svg = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: PLOT_CLASS,
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: 'img',
      'aria-label': title,
    },
    [
      element('title', {}, [title]),
      element('desc', {}, [description]),
      element('style', {}, [plotStyle]),
      element('rect', { class: 'ground', width: WIDTH, height }),
      text(title, 16, 28, { class: 'head' }),
      ...legend.flatMap((entry, index) => legendEntry(entry, 52 + index * LINE)),
      ...drawn,
    ],
  );
  return `${String(svg)}\n`;
}

/** The class of a plot's root: by it an earlier plot is told from a picture of the user's. */
export const PLOT_CLASS = 'churnops-model-card';

/** Where rows of a list begin on the page, below title and legend, and how wide it is. */
export function pageRoom(legend: readonly LegendEntry[]): { readonly top: number; readonly width: number } {
  return { top: 56 + legend.length * LINE, width: WIDTH };
}

export function linear({ from, to }: Pick<Axis, 'from' | 'to'>, start: number, end: number): Scale {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

export function line(
  className: string,
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
): Markup {
  return element('line', { class: className, x1, y1, x2, y2 });
}

export function text(
  content: string,
  x: number,
  y: number,
  attributes: Readonly<Record<string, string | number>> = {},
): Markup {
  return element('text', { x, y, ...attributes }, [content]);
}

/** An axis of shares, from 0 to 1. */
export function shareAxis(label: string): Axis {
  return { label, from: 0, to: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], show: (tick) => `${Math.round(tick * 100)} %` };
}

/** Round numbers from 0 to at least a value: 1, 2 or 5 times a power of ten apart. */
export function roundTicks(most: number): number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const count = Math.ceil((most / step) * 0.999);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function legendEntry({ text: words, mark }: LegendEntry, y: number): Markup[] {
  return [swatch(mark, y), text(words, 54, y + 5)];
}

function swatch(mark: LegendEntry['mark'], y: number): Markup {
  switch (mark) {
    case 'dot':
      return element('circle', { class: 'second-fill', cx: 30, cy: y, r: 6 });
    case 'band':
    case 'first-fill':
    case 'second-fill':
      return element('rect', { class: mark, x: 16, y: y - 6, width: 28, height: 12 });
    case 'first':
    case 'guide':
    case 'axis':
      return line(`line ${mark}`, [16, y], [44, y]);
  }
}
