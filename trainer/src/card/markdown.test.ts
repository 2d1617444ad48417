import { describe, expect, it } from '@jest/globals';
import { plainText, table } from './markdown.js';

describe('text of anybody in Markdown', () => {
  it.each([
    ['customer_id', 'customer_id'],
    ['Kündigung, 2026 (%)', 'Kündigung, 2026 (%)'],
    ['2026-03-01T09:30:00Z', '2026-03-01T09:30:00Z'],
    ['_em_ *em* **b**', '&#95;em&#95; &#42;em&#42; &#42;&#42;b&#42;&#42;'],
    ['<script>alert(1)</script>', '&#60;script&#62;alert(1)&#60;/script&#62;'],
    ['![x](https://e.example/x)', '&#33;&#91;x&#93;(https&#58;//e.example/x)'],
    ['WWW.e.example', 'WWW&#46;e.example'],
    ['a|b', 'a&#124;b'],
    ['a\\|b', 'a&#92;&#124;b'],
    ['`code`', '&#96;code&#96;'],
    ['&lt;', '&#38;lt&#59;'],
    ['$x$ ~~y~~ #1 @all', '&#36;x&#36; &#126;&#126;y&#126;&#126; &#35;1 &#64;all'],
    ['line\n# head\r\n\t- item', 'line &#35; head - item'],
    ['\u0000\u001b[31m', '\ufffd\ufffd&#91;31m'.replaceAll('\ufffd', '&#65533;')],
    ['left\u202eright', 'left&#65533;right'],
    ['\ud800', '&#65533;'],
    ['😀', '&#128512;'],
  ])('%j is %j', (text, markdown) => {
    expect(plainText(text)).toBe(markdown);
  });

  it('is cut between characters', () => {
    expect(plainText('ab👩‍👩‍👧cd', 4)).toBe(`ab${plainText('👩‍👩‍👧')}…`);
    expect(plainText('x'.repeat(1000))).toHaveLength(80);
    expect(plainText(`x${'\u0301'.repeat(10_000)}`).length).toBeLessThan(1300);
  });
});

describe('a table', () => {
  it('has a line for the heads, one for the alignment, and one for each row', () => {
    expect(table(['a', { head: 'b', align: 'right' }], [['1', '2']])).toBe('| a | b |\n| --- | ---: |\n| 1 | 2 |');
  });
});
