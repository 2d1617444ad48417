import type { Manifest, TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';

const endings: Readonly<Record<string, Manifest['data']['format']>> = {
  csv: 'Csv',
  parquet: 'Parquet',
  jsonl: 'JsonLines',
  ndjson: 'JsonLines',
};

/** The format that the input names, or the one that the ending of the address tells. */
export function tableFormat(uri: string, format: TrainingInput['data']['format']): Manifest['data']['format'] {
  if (format !== 'Auto') return format;
  const ending = /\.([a-z0-9]+)$/i.exec(uri)?.[1]?.toLowerCase() ?? '';
  const known = endings[ending];
  if (known !== undefined) return known;
  throw dataInvalid(`The format of ${uri} is not known by its ending: name it, Csv, Parquet or JsonLines.`);
}
