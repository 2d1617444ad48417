import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.js';

/** Pushes the bytes in chunks that end at the given places. */
function split(splitter: LineSplitter, bytes: Buffer, cuts: readonly number[]) {
  const lines: string[] = [];
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  const whole = [...ends, bytes.length].every((end) => {
    const chunk = bytes.subarray(start, end);
    start = end;
    return splitter.push(chunk, (line) => lines.push(line));
  });
  return { lines, whole };
}

const line = fc.oneof(fc.json(), fc.string({ unit: 'grapheme' })).filter((text) => !text.includes('\n'));

describe('a stream of lines', () => {
  it('is the same lines however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const expected = bytes.toString('utf8').split('\n').slice(0, -1);
        expect(split(new LineSplitter(1_000_000), bytes, cuts)).toEqual({ lines: expected, whole: true });
      }),
    );
  });

  it.each([
    ['ends with a line of the limit', 'ab\nabcd\n', ['ab', 'abcd'], true],
    ['breaks at a longer line', 'ab\nabcde\nab\n', ['ab'], false],
    ['breaks at a longer line that does not end', 'ab\nabcde', ['ab'], false],
    ['counts bytes', 'ab\näöü\n', ['ab'], false],
    ['keeps what is not a line yet', 'ab\nabc', ['ab'], true],
  ])('%s, wherever it is cut', (_, text, lines, whole) => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(split(new LineSplitter(4), bytes, [cut])).toEqual({ lines, whole });
    }
  });

  it('has the limit that the line before set', () => {
    const splitter = new LineSplitter(2);
    const taken: string[] = [];
    const whole = splitter.push(Buffer.from('ab\nabcd\n'), (text) => {
      taken.push(text);
      splitter.limit = 4;
    });
    expect({ taken, whole }).toEqual({ taken: ['ab', 'abcd'], whole: true });
  });
});
