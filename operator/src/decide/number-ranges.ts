/** Numbers without gaps, both ends included. */
export type NumberRange = readonly [first: number, last: number];

/** Reads `1-4,7`. The text must fit `NumberRanges` of the contracts. */
export function readRanges(text: string): readonly NumberRange[] {
  if (text === '') return [];
  return text.split(',').map((part) => {
    const [first = '', last = first] = part.split('-');
    return [Number(first), Number(last)];
  });
}

/** The text of ranges in any order, as `1-4,7`: ascending, and those that touch as one. */
export function rangesText(ranges: readonly NumberRange[]): string {
  const merged: NumberRange[] = [];
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) merged.splice(-1, 1, [before[0], Math.max(before[1], last)]);
    else merged.push([first, last]);
  }
  return merged.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
