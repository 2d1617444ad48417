/**
 * Gives a function that finds the name that a text was probably meant to be: at most a third of its letters differ. The
 * names are folded once: a hostile batch asks thousands of times.
 */
export function nearestName(names: readonly string[]): (typed: string) => string | undefined {
  const candidates = names.map((name) => ({ name, folded: fold(name) }));
  return (typed) => {
    // Longer ones are no typing errors, and the distance is quadratic.
    if (typed.length > 64) return undefined;
    const wanted = fold(typed);
    let best: string | undefined;
    let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
    for (const { name, folded } of candidates) {
      const distance = editDistance(wanted, folded, bestDistance);
      if (distance < bestDistance) {
        best = name;
        bestDistance = distance;
      }
    }
    return best;
  };
}

/** `monthlyCharges`, `Monthly Charges` and `monthly_charges` are the same word to a person. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Levenshtein distance, or `limit` when it is that or more. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let distances = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const letter of left) {
    distances = nextRow(distances, letter, right);
    // The smallest of a row never falls in the next one.
    if (Math.min(...distances) >= limit) return limit;
  }
  return Math.min(distances.at(-1) ?? limit, limit);
}

/** Distances of all beginnings of `right` to one more letter of the left word. */
function nextRow(previous: readonly number[], letter: string, right: string): number[] {
  let [diagonal = 0] = previous;
  let last = diagonal + 1;
  const row = [last];
  for (let column = 0; column < right.length; column += 1) {
    const above = previous[column + 1] ?? 0;
    last = Math.min(diagonal + (letter === right[column] ? 0 : 1), above + 1, last + 1);
    diagonal = above;
    row.push(last);
  }
  return row;
}
