/** The known name that a mistyped one most likely meant, or undefined when none is near. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let smallest = Math.ceil(wanted.length / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, fold(candidate));
    if (distance >= smallest) continue;
    smallest = distance;
    best = candidate;
  }
  return best;
}

/** ` (did you mean "Churn"?)`, or nothing when no name is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, '');
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(left).entries()) {
    const current = [row + 1];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? left.length;
}
