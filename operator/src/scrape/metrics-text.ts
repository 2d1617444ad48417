/** One line of a metrics page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** NaN and infinities are values too. */
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
// Looks behind, so that a long name without a value is not tried anew from each of its letters.
const LABEL = /(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** All metrics of serving begin so; the page of an image that a user names may hold anything. */
const PREFIX = 'churnops_';
/** A hundred pods that forward to a hundred others have as many each; more would fill the operator's memory. */
const MAX_SAMPLES = 10_000;

/**
 * The samples of ours on a page in the text format of Prometheus (version 0.0.4). Comments and lines that are no samples are left out,
 * as the end of a page that was cut off. Throws with a reason for people when there are more than 10,000.
 */
export function samplesOf(page: string): readonly Sample[] {
  const lines = page.split('\n').filter((line) => line.startsWith(PREFIX));
  if (lines.length > MAX_SAMPLES) throw new Error(`its page has more than ${MAX_SAMPLES} samples`);
  return lines.flatMap((line) => {
    const [, name, labels = '', value = ''] = LINE.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels: labelsOf(labels), value: numberOf(value) }];
  });
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, unescaped(value)] as const);
  return Object.fromEntries(pairs);
}

function unescaped(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
