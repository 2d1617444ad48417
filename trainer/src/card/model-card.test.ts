import { CardFigures } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { judgedModel, trainedManifest } from '../fixtures/judged-model.js';
import { CARD_MARK, modelCard } from './model-card.js';

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"/><svg onload=alert(1)>',
  "' onload='alert(1)",
  ']]><!-- --></style><script>',
  '![x](javascript:alert(1))',
  '[x](https://evil.example)',
  'a | b\n\n# Head\n\n```\n',
  '\\](x) \\| `|`',
  '&lt;script&gt;&#60;b&#62;',
  '\u202edlrow\u0000\ud800',
  '${x} {{x}} %3Cscript%3E',
  'x'.repeat(256),
];

function cardOf(text?: string) {
  const files = modelCard(judgedModel(text));
  const page = files.get('model-card.md') ?? '';
  const plots = [...files].filter(([name]) => name.endsWith('.svg'));
  return { files, page, plots };
}

describe('a model card', () => {
  const { page, plots } = cardOf();

  it.each([
    ['what it does', 'the column “spend” says “spend”. From a probability of 0.6500 on'],
    ['how good it is, with its interval', '| ROC AUC | 0.8542 | 0.8321 to 0.8764 | 0.8400 | 0.5000 |'],
    [
      'what the decision means for 1,000 customers',
      'it names 300 as leaving; 200 of these leave, and 200 leave whom it does not name',
    ],
    ['the numbers of the ranking', '| highest 20 % | 2 | 2 | 100.0 % | 50.0 % | 0.0 % | 2.50 |'],
    ['the numbers at the threshold', '| from 0.6500 on (threshold) | 3 | 2 | 66.7 % | 50.0 % | 16.7 % | 1.67 |'],
    ['what a perfect model would reach', 'The calibration error is 0.0200; that of a perfect model stays below 0.0300'],
    ['the numbers of calibration', '| 60.0 % to 70.0 % | 2 | 60.0 % | 50.0 % | 0.0 % to 100.0 % |  |'],
    ['the numbers of the distribution', '| 30.0 % to 35.0 % | 0 | 1 |'],
    ['the numbers of importance', '| spend | 0.1200 | 0.1000 | 0.1500 |'],
    ['whom it misses', 'It misses 2 of 4 customers who left (50.0 %)'],
    ['groups', '| spend: spend | 80 | 37.5 % | 40.0 % | 0.810 | 0.600 | - |'],
    ['the comparison', '| ROC AUC | 0.8500 | 0.0040 | -0.0120 to 0.0200 |'],
    ['gates that fail', '| **failed** | LogLoss | 0.4200 | change at most 0.01 | 0.0300 (0.0200 to 0.0400) |'],
    [
      'gates that had nothing to compare with',
      '| passed | F1 | 0.5714 | change at least -0.02 | not judged: there is no model to compare with |',
    ],
    ['findings', '- **SuspectColumn**: spend'],
    ['warnings', '- Warning: spend'],
    ['the seed', '| Seed | 42 |'],
    ['which data', `| SHA-256 of the table | ${'b'.repeat(64)} |`],
    ['which artifact', `| Artifact (SHA-256 of manifest.json) | ${'b'.repeat(64)} |`],
  ])('tells %s', (_, line) => {
    expect(page).toContain(line);
  });

  it('shows each plot once, under the name of the page', () => {
    const shown = [...page.matchAll(/^!\[[^\]]+\]\(([^)]+)\)$/gm)].map(([, file]) => file);
    expect(shown).toHaveLength(7);
    expect(new Set(shown)).toEqual(new Set(plots.map(([name]) => name)));
    const other = modelCard(judgedModel(), 'telco');
    expect([...other.keys()].every((name) => name.startsWith('telco'))).toBe(true);
    expect(other.get('telco.md')).toContain('(telco-roc.svg)');
  });

  it('says that no group was measured where no feature is protected', () => {
    const { manifest, report } = judgedModel();
    const without = modelCard({ report, manifest: { ...manifest, slices: undefined } });
    expect(without.get('model-card.md')).toContain('No feature is marked as protected');
  });

  it('of release 0.1.0 has no plots, and nothing that they would show', () => {
    const { dataReport, ...manifest } = trainedManifest();
    expect(dataReport).toBeDefined();
    const files = modelCard({ report: { artifactSha256: manifest.data.sha256, failedGates: [] }, manifest });
    expect([...files.keys()]).toEqual(['model-card.md']);
    const text = files.get('model-card.md') ?? '';
    expect(text).toContain('| ROC AUC | 0.8542 | 0.5000 |');
    expect(text).not.toMatch(/undefined|NaN|!\[|Against the model|Nothing was found/);
  });

  it('has plain numbers where nobody left, or all did', () => {
    for (const positives of [0, 10]) {
      const { manifest, report } = judgedModel();
      const card = CardFigures.parse({
        ...{ rows: 10, positives, importances: [], ranking: [[0.5, 10, positives]] },
        bins: Array.from({ length: 20 }, (_, bin) =>
          bin === 10 ? { rows: 10, positives, meanProbability: 0.5 } : { rows: 0, positives: 0, meanProbability: 0 },
        ),
      });
      for (const text of modelCard({ manifest, report: { ...report, card } }).values())
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

describe('a model card of a wide table with long texts', () => {
  const { manifest, report } = judgedModel('x'.repeat(256));
  const many = <T>(one: T | undefined, count: number) =>
    Array.from({ length: count }, () => one).filter((each) => each !== undefined);
  const [column] = manifest.columns.slice(1);
  const wide = modelCard({
    report,
    manifest: {
      ...manifest,
      columns: many(column && { ...column, reason: 'y'.repeat(1024) }, 3000),
      features: many(manifest.features[0], 3000),
      slices: many(manifest.slices?.[1], 3000),
      warnings: many('z'.repeat(2000), 3000),
    },
  });

  it('is cut, and says what more there is', () => {
    const bytes = [...wide.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(160 * 1024);
    expect(wide.get('model-card.md')).toContain('2,940 more are in manifest.json.');
    expect(wide.get('model-card.md')).toContain('2,900 more are in the field `slices` of manifest.json.');
    expect(wide.get('model-card.md')).toContain('2,961 more are in manifest.json.');
  });
});

/** What is left of an SVG file when its elements, attributes and entities are taken away. */
function textOf(svg: string): string {
  return svg.replace(/<\/?[a-z]+( [A-Za-z1-9-]+="[^"<>]*")*\/?>/g, '').replace(/&(amp|lt|gt|quot|#39);/g, '');
}

describe.each(hostile)('a model card of a table with the name %j', (name) => {
  const { page, plots, files } = cardOf(name);

  it('has no markup in its page but its own', () => {
    const body = page.replace(CARD_MARK, '').replaceAll(/^!\[[^\][]+\]\(model-card-[a-z-]+\.svg\)$/gm, '');
    expect(body).not.toMatch(/[<>\\[\]!]/);
    expect(body.match(/`/g)?.length ?? 0).toBe(0);
    expect(page.match(/^#+ .*$/gm)).toEqual(cardOf().page.match(/^#+ .*$/gm));
  });

  it('has as many cells in each line of a table as before', () => {
    const cells = (text: string) => text.split('\n').map((line) => line.split('|').length);
    expect(cells(page)).toEqual(cells(cardOf().page));
  });

  it('has no markup in its plots but its own, and nothing that XML forbids', () => {
    for (const [, svg] of plots) {
      expect(textOf(svg)).not.toMatch(/[<>&]/);
      expect(svg.match(/<[a-z]+/g)).toEqual(plotElements(svg));
      expect(svg).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
    }
  });

  it('stays small', () => {
    const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(96 * 1024);
  });
});

const known = new Set(['svg', 'title', 'desc', 'style', 'rect', 'text', 'line', 'polyline', 'polygon', 'circle']);

function plotElements(svg: string): string[] {
  return (svg.match(/<[a-z]+/g) ?? []).filter((start) => known.has(start.slice(1)));
}
