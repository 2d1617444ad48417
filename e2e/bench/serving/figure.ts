import { markdownTable } from '../markdown-table.js';
import type { Spread } from '../rounds.js';
import { spreadOf } from '../rounds.js';

/** What is asked of a figure. */
export interface Asked {
  readonly better: 'higher' | 'lower';
  /** Must be held. */
  readonly gate: number;
  /** Should be reached. */
  readonly goal?: number;
}

/** A measured figure. */
export interface Figure {
  readonly name: string;
  readonly spread: Spread;
  /** x: a ratio. */
  readonly unit: 'x' | 'MB';
  readonly asked?: Asked | undefined;
}

/** A ratio, from its value in each round. */
export function ratioFigure(name: string, ratios: readonly number[], asked?: Asked): Figure {
  return { name, spread: spreadOf(ratios), unit: 'x', asked };
}

/** Figures beside what is asked of them, in Markdown. The median decides. */
export function judgedTable(figures: readonly Figure[]): string {
  return markdownTable(['figure', 'median', 'middle half', 'gate', 'goal', 'verdict'], figures.map(cellsOf));
}

function cellsOf({ name, spread: { median, quartiles }, unit, asked }: Figure): string[] {
  const told = (value: number) => (unit === 'x' ? `${value.toFixed(2)}x` : `${value.toFixed(0)} MB`);
  const bound = (value: number | undefined) =>
    value === undefined ? '' : `${asked?.better === 'lower' ? '≤' : '≥'} ${unit === 'x' ? `${value}x` : `${value} MB`}`;
  const half = quartiles.map(told).join(' - ');
  return [name, told(median), half, bound(asked?.gate), bound(asked?.goal), verdictOf(median, asked)];
}

function verdictOf(value: number, asked: Asked | undefined): string {
  if (asked === undefined) return '';
  if (asked.goal !== undefined && reaches(value, asked.goal, asked)) return 'goal reached';
  return reaches(value, asked.gate, asked) ? 'gate held' : 'gate missed';
}

/** The median decides. */
export function missesGate({ spread, asked }: Figure): boolean {
  return asked !== undefined && !reaches(spread.median, asked.gate, asked);
}

function reaches(value: number, bound: number, { better }: Asked): boolean {
  return better === 'lower' ? value <= bound : value >= bound;
}
