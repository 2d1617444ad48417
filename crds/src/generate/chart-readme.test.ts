import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { chartReadme } from './chart-readme.js';

const chart = join(import.meta.dirname, '../../../charts/churnops');
const readme = `# A chart

<!-- Values: made from values.yaml by \`make generate\`. Change the comments there, not this table. -->

old

<!-- End of the values. -->

More.
`;

function rowsOf(values: string): string[] {
  const lines = chartReadme(readme, values).split('\n');
  return lines.filter((line) => line.startsWith('| `')).map((line) => line.replaceAll(/ +/g, ' '));
}

describe('the README of a chart', () => {
  it('is what `make generate` writes', async () => {
    const [text, values] = await Promise.all([
      readFile(join(chart, 'README.md'), 'utf8'),
      readFile(join(chart, 'values.yaml'), 'utf8'),
    ]);
    expect(chartReadme(text, values)).toBe(text);
  });

  it.each([
    ['a plain value', '# How many.\nreplicas: 1\n', ['| `replicas` | `1` | How many. |']],
    ['an empty text', '# The tag.\ntag: ""\n', ['| `tag` | `""` | The tag. |']],
    ['a map without comments inside, as a whole', '# Size.\nsize: { cpu: 1 }\n', ['| `size` | `{"cpu":1}` | Size. |']],
    [
      'a map with comments inside, by its members',
      'a:\n  # One.\n  b: 1\n  # Two,\n  # in two lines.\n  c: []\n',
      ['| `a.b` | `1` | One. |', '| `a.c` | `[]` | Two, in two lines. |'],
    ],
    [
      'the file itself, not at all',
      '# About the file.\n\n# How many.\nreplicas: 1\n',
      ['| `replicas` | `1` | How many. |'],
    ],
  ])('describes %s', (_, values, rows) => {
    expect(rowsOf(values)).toEqual(rows);
  });

  it('keeps what stands around its table', () => {
    const made = chartReadme(readme, '# How many.\nreplicas: 1\n');
    expect(made).toMatch(/^# A chart\n/);
    expect(made).toMatch(/\nMore\.\n$/);
    expect(made).not.toContain('old');
  });

  it('names a value that nobody described', () => {
    expect(() => chartReadme(readme, 'a:\n  # One.\n  b: 1\n  c: 2\n')).toThrow(/^a\.c: /);
  });

  it('asks for the marks', () => {
    expect(() => chartReadme('# A chart\n', '# One.\na: 1\n')).toThrow(/End of the values/);
  });
});
