import { printable } from './printable.js';

/** Characters of a name that are shown; the manifest has all. */
const MOST_CHARACTERS = 80;

/**
 * Text of anybody, such as a column's name, as Markdown that shows it and does nothing else: every mark that Markdown or HTML could
 * read is an entity, which stays text in every dialect. Not for the beginning of a line.
 */
export function plainText(text: string, most = MOST_CHARACTERS): string {
  return printable(text, most).replace(
    /(?<=www)\.|(?<![\p{L}\p{N}])[_:]|[_:](?![\p{L}\p{N}])|[^\p{L}\p{M}\p{N} _:,.%()…'/+-]/giu,
    (mark) => `&#${mark.codePointAt(0) ?? 0xfffd};`,
  );
}

interface TableColumnHead {
  readonly head: string;
  readonly align?: 'right';
}

/** A table of cells that are Markdown already. */
export function table(columns: readonly (string | TableColumnHead)[], rows: readonly (readonly string[])[]): string {
  const heads = columns.map((column) => (typeof column === 'string' ? { head: column } : column));
  const lines = [
    heads.map(({ head }) => head),
    heads.map(({ align }) => (align === 'right' ? '---:' : '---')),
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The head of a column of numbers. */
export function numbers(head: string): TableColumnHead {
  return { head, align: 'right' };
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** The first items, and how many more there are, where that is known. */
export function atMost<T>(items: readonly T[], most: number): { readonly shown: readonly T[]; readonly more: number } {
  return { shown: items.slice(0, most), more: Math.max(0, items.length - most) };
}
