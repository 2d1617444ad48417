import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository-root.js';

/** A page of the documentation, read as Markdown: what tests compare with the code. */
export class DocPage {
  readonly text: string;

  /** `path` is relative to the repository's root. */
  constructor(readonly path: string) {
    this.text = readFileSync(join(repositoryRoot(), path), 'utf8');
  }

  /** The text outside of fenced code. */
  get prose(): string {
    return this.text.replaceAll(/^ *```[^]*?^ *```/gm, '');
  }

  /** Fenced code in a language. */
  code(language: string): string[] {
    const fences = this.text.matchAll(/^( *)```(\w*)\n([^]*?)^ *```/gm);
    return [...fences]
      .filter(([, , found]) => found === language)
      .map(([, indent = '', , code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
  }

  /** Titles of a level, without their backticks. */
  headings(level: number): string[] {
    const titles = this.prose.matchAll(new RegExp(`^#{${level}} (.+)$`, 'gm'));
    return [...titles].map(([, title = '']) => title.replaceAll('`', ''));
  }

  /** What stands below a heading, up to the next one. */
  section(title: string): string {
    const [, after = ''] = this.prose.split(new RegExp(`^#+ \`?${title}\`?$`, 'm'));
    return after.split(/^#+ /m)[0] ?? '';
  }

  /** Names that links may end in, as GitHub makes them from headings. */
  get anchors(): string[] {
    return [1, 2, 3, 4]
      .flatMap((level) => this.headings(level))
      .map((title) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
  }

  /** Rows of all tables, cell by cell, without the heads. */
  get rows(): string[][] {
    return rowsIn(this.prose);
  }

  /** Rows of the tables below a heading, up to the next one. */
  rowsOf(title: string): string[][] {
    return rowsIn(this.section(title));
  }
}

function rowsIn(text: string): string[][] {
  const lines = text.split('\n').map((line) => line.trim());
  const isRow = (line: string | undefined) => line?.startsWith('|') ?? false;
  const isRule = (line: string | undefined) => /^\|[-| :]+\|$/.test(line ?? '');
  const isBody = (line: string, index: number) => isRow(line) && !isRule(line) && !isRule(lines[index + 1]);
  return lines.filter(isBody).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** Words in backticks. */
export function codeWords(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word);
}
