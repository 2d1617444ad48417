/** What no reader needs and what may make text look like another: controls, halves of pairs, unassigned, marks of direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Text of anybody on one line, with nothing invisible in it, cut to this many characters. */
export function printable(text: string, most: number): string {
  const line = text.replace(/\s+/gu, ' ').trim().replace(UNPRINTABLE, '\ufffd');
  // A character may have any number of marks: bounded too, so that one can't be endless.
  const characters = Array.from(segments.segment(line.slice(0, most * 16)), ({ segment }) => segment.slice(0, 16));
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}
