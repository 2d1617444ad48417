import type { CellValue, Feature, Manifest, StoredAs } from '@churnops/crds';
import type { LoadedModel } from '../model/load-model.js';

const DAY_MS = 86_400_000;

/** A loaded model under the name that its answers carry. */
export interface ServedModel extends LoadedModel {
  readonly model: string;
  readonly revision: string;
  /** Rows that a batch takes at most. */
  readonly maxBatchSize: number;
}

/**
 * A made-up customer, for examples: the likeliest category, the middle of a range. Never a row of the training table, since
 * the documentation is open to all who reach the port.
 */
export function exampleRow(manifest: Manifest): Record<string, CellValue> {
  return Object.fromEntries(manifest.features.map((feature) => [feature.name, exampleValue(feature)]));
}

function exampleValue({ encoding, range = [0, 0], storedAs }: Feature): CellValue {
  switch (encoding.kind) {
    case 'Number':
      return asStored((range[0] + range[1]) / 2, storedAs);
    case 'Date':
      return new Date(range[1] * DAY_MS).toISOString();
    case 'Boolean':
      return spelled(encoding.trueValue, storedAs);
    case 'OneHot':
    case 'Codes':
      return spelled(encoding.categories[0] ?? '', storedAs);
  }
}

function asStored(middle: number, storedAs: StoredAs): CellValue {
  const value = Number(middle.toPrecision(3));
  return storedAs === 'Text' ? String(value) : value;
}

/** A value that the contract holds as text, as the column holds it. */
function spelled(text: string, storedAs: StoredAs): CellValue {
  if (storedAs === 'Number') return Number(text);
  return storedAs === 'Boolean' ? text.toLowerCase() === 'true' : text;
}
