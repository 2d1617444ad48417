/** The name that `typed` was probably meant to be: at most a third of its letters differ. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  // Longer ones are no typing errors, and the distance is quadratic.
  if (typed.length > 64) return undefined;
  const wanted = fold(typed);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted, fold(name), bestDistance);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** `monthlyCharges`, `Monthly Charges` and `monthly_charges` are the same word to a person. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Levenshtein distance, or `limit` when it is that or more. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let distances = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const letter of left) distances = nextRow(distances, letter, right);
  return Math.min(distances.at(-1) ?? limit, limit);
}

/** Distances of all beginnings of `right` to one more letter of the left word. */
function nextRow(previous: readonly number[], letter: string, right: string): number[] {
  let [diagonal = 0] = previous;
  let last = diagonal + 1;
  const row = [last];
  for (const [column, above] of previous.slice(1).entries()) {
    last = Math.min(diagonal + (letter === right[column] ? 0 : 1), above + 1, last + 1);
    diagonal = above;
    row.push(last);
  }
  return row;
}
