import type { CellValue, Feature, Manifest } from '@churnops/crds';
import type { SeededRandom } from '../../trainer/src/seeded-random.js';

export type Row = Readonly<Record<string, CellValue>>;

/** Rows that the contract of a model accepts, of values that need not occur together: every column may be missing or unseen. */
export function randomRows({ features }: Manifest, count: number, random: SeededRandom): Row[] {
  return Array.from({ length: count }, () =>
    Object.fromEntries(features.map((feature) => [feature.name, randomCell(feature, random)])),
  );
}

function randomCell(feature: Feature, random: SeededRandom): CellValue {
  if (random.uniform() < 0.05) return feature.storedAs === 'Text' && random.uniform() < 0.5 ? ' ' : null;
  return presentCell(feature, random);
}

function presentCell(feature: Feature, random: SeededRandom): CellValue {
  const { encoding } = feature;
  switch (encoding.kind) {
    case 'Number':
      return randomNumber(feature, random);
    case 'Date':
      return new Date(Math.floor(between(feature, random) * 86_400_000)).toISOString();
    case 'Boolean':
      return feature.storedAs === 'Number'
        ? random.below(2)
        : oneOf([encoding.trueValue, encoding.falseValue], random, '');
    case 'OneHot':
    case 'Codes':
      return oneOf([...encoding.categories, 'never seen'], random, '');
  }
}

function randomNumber(feature: Feature, random: SeededRandom): CellValue {
  const value = between(feature, random);
  // Whole numbers meet splits of whole columns, and those with many digits are no float32.
  const number = random.uniform() < 0.5 ? Math.round(value) : value;
  return feature.storedAs === 'Text' ? String(number) : number;
}

/** From a tenth below the range that training saw to a tenth above it. */
function between({ range: [low, high] = [0, 1] }: Feature, { uniform }: SeededRandom): number {
  return low + (1.2 * uniform() - 0.1) * (high - low);
}

function oneOf(texts: readonly string[], random: SeededRandom, otherwise: string): string {
  return texts[random.below(texts.length)] ?? otherwise;
}
