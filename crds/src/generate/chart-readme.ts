import { isAlias, isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { table } from './markdown-table.js';

const BEGIN = '<!-- Values: made from values.yaml by `make generate`. Change the comments there, not this table. -->';
const END = '<!-- End of the values. -->';

interface Value {
  readonly path: string;
  readonly standard: string;
  readonly meaning: string;
}

/**
 * The README of a chart with its table of values made anew between the two marks. A comment above a value is its description; a
 * map whose members have comments is shown member by member, any other value as a whole. Throws when a mark or a comment is missing.
 */
export function chartReadme(readme: string, values: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`The README needs the lines "${BEGIN}" and "${END}"`);
  const rows = valuesOf(values).map(({ path, standard, meaning }) => [`\`${path}\``, `\`${standard}\``, meaning]);
  const head = readme.slice(0, begin + BEGIN.length);
  return `${head}\n\n${aligned(table(['Value', 'Default', 'Meaning'], rows))}\n\n${readme.slice(end)}`;
}

function valuesOf(text: string): readonly Value[] {
  const document = parseDocument(text);
  if (!isMap(document.contents)) throw new Error('The values are no map');
  return membersOf(document.contents, []);
}

function membersOf(map: YAMLMap, path: readonly string[]): readonly Value[] {
  return map.items.flatMap((pair, index) => {
    // The comment of the first member of a map is kept with the map.
    const comment = (isScalar(pair.key) ? pair.key.commentBefore : undefined) ?? (index === 0 ? map.commentBefore : '');
    return valuesAt(pair, [...path, String(pair.key)], comment ?? '');
  });
}

function valuesAt(pair: Pair, path: readonly string[], comment: string): readonly Value[] {
  const value = pair.value;
  if (isMap(value) && isDescribed(value)) return membersOf(value, path);
  if (isAlias(value)) throw new Error(`${path.join('.')}: an alias can not be described`);
  // A paragraph of its own, parted by an empty line, is about the file.
  const meaning =
    comment
      .split(/\n\s*\n/)
      .at(-1)
      ?.replaceAll(/\s+/g, ' ')
      .trim() ?? '';
  if (meaning === '') throw new Error(`${path.join('.')}: a comment above it must say what it is for`);
  return [{ path: path.join('.'), standard: shown(value), meaning }];
}

/** Whether comments stand inside of a map. */
function isDescribed(map: YAMLMap): boolean {
  const inner = map.items.some(
    ({ key, value }) => (isScalar(key) && Boolean(key.commentBefore)) || (isMap(value) && isDescribed(value)),
  );
  return inner || Boolean(map.commentBefore);
}

function shown(value: unknown): string {
  const plain: unknown = typeof value === 'object' && value !== null && 'toJSON' in value ? toPlain(value) : value;
  return typeof plain === 'string' && plain !== '' ? plain : JSON.stringify(plain);
}

function toPlain(node: object): unknown {
  const plain: unknown = JSON.parse(JSON.stringify(node));
  return plain;
}

/** Columns as wide as their widest cell, as Prettier wants a table. */
function aligned(markdown: string): string {
  const rows = markdown.split('\n').map((line) => line.slice(2, -2).split(/(?<!\\) \| /));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[], fill: string) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  return rows.map((row, index) => line(row, index === 1 ? '-' : ' ')).join('\n');
}
