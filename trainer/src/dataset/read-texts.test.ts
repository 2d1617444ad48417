import { describe, expect, it } from '@jest/globals';
import { readTexts } from './read-texts.js';

function reading(texts: readonly string[]): { kind: string; values: (number | string)[]; readAs: string } {
  const found = readTexts(texts);
  if (found === undefined) return { kind: 'AsIs', values: [], readAs: '' };
  const { kind, readAs } = found;
  if (kind === 'Ambiguous') return { kind, values: [], readAs };
  return { kind, values: texts.map((text) => (kind === 'Number' ? found.valueOf(text) : found.textOf(text))), readAs };
}

describe('texts of a column', () => {
  it.each<[string, string[], (number | string)[]]>([
    ['decimal commas', ['12,5', '3', '-0,25', ' '], [12.5, 3, -0.25, NaN]],
    ['decimal commas with points between thousands', ['1.234,5', '12', '1.000.000'], [1234.5, 12, 1_000_000]],
    ['points that can only stand between thousands', ['1.234', '7,5'], [1234, 7.5]],
    ['commas between thousands', ['1,234.5', '12', '1,000,000'], [1234.5, 12, 1_000_000]],
    ['commas that can only stand between thousands', ['1,234', '7.5'], [1234, 7.5]],
    ['a fraction of three digits after a zero', ['0,125', '1,250'], [0.125, 1.25]],
    ['plain numbers and words for missing ones', ['1', '2.5', 'NA', 'null', '-'], [1, 2.5, NaN, NaN, NaN]],
  ])('are numbers: %s', (_, texts, values) => {
    expect(reading(texts)).toMatchObject({ kind: 'Number', values });
  });

  it.each<[string, string[], string[]]>([
    ['days with points', ['31.12.2025', '1.2.2026'], ['2025-12-31', '2026-02-01']],
    ['slashes, the day first', ['31/12/2025', '01/02/2026'], ['2025-12-31', '2026-02-01']],
    ['slashes, the month first', ['12/31/2025', '01/02/2026'], ['2025-12-31', '2026-01-02']],
    ['the year first', ['2025/12/31', '2026/1/2'], ['2025-12-31', '2026-01-02']],
    ['times', ['31.12.2025 9:30', '1.1.2026 23:59:59'], ['2025-12-31T09:30', '2026-01-01T23:59:59']],
    ['ISO dates and words for missing ones', ['2025-12-31', 'N/A', ''], ['2025-12-31', '', '']],
  ])('are dates: %s', (_, texts, values) => {
    expect(reading(texts)).toMatchObject({ kind: 'Date', values });
  });

  it.each<[string, string[], RegExp]>([
    ['commas of either meaning', ['1,234', '12'], /a comma in them/],
    ['days and months of either order', ['1/2/2026', '3/4/2026'], /day or with the month first/],
  ])('are left alone and told of: %s', (_, texts, readAs) => {
    expect(reading(texts)).toMatchObject({ kind: 'Ambiguous', readAs: expect.stringMatching(readAs) });
  });

  it.each<[string, string[]]>([
    ['plain numbers', ['1', '2.5', ' ']],
    ['ISO dates', ['2026-01-02', '2026-01-03T04:05:06Z']],
    ['categories', ['None', 'Basic', 'Premium']],
    ['words for missing values only', ['NA', '-']],
    ['postcodes', ['01067', '20095', 'NA']],
    ['keys of twenty digits', ['12345678901234567890', 'NA']],
    ['lists', ['1,2,3', '4,5']],
    ['days that are in no calendar', ['31.02.2026', '1.1.2026']],
    ['mixed spellings', ['12,5', '12.5']],
    ['nothing', ['', ' ']],
  ])('stay as they are: %s', (_, texts) => {
    expect(reading(texts).kind).toBe('AsIs');
  });

  it('are told with the words that count as missing', () => {
    expect(reading(['1,5', 'NA']).readAs).toBe('numbers with decimal commas; "NA" counts as missing');
  });
});
