const candidates = [',', ';', '\t', '|'] as const;

/**
 * The delimiter of a CSV file, by its first line: what splits it into most parts outside of quotes. A file with a single
 * column has none, and a comma does no harm there.
 */
export function sniffDelimiter(firstLine: string): string {
  const unquoted = firstLine.replaceAll(/"(?:[^"]|"")*"/g, '');
  let best: string = candidates[0];
  for (const candidate of candidates) {
    if (unquoted.split(candidate).length > unquoted.split(best).length) best = candidate;
  }
  return best;
}
