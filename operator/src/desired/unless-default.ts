import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../runtime/projection.js';

type Fields = Readonly<Record<string, unknown>>;

/** The fields, at any depth, that differ from their defaults. */
export function unlessDefault(value: Fields, usual: Fields): Fields {
  const differing = Object.entries(value).filter(([name, field]) => !isDeepStrictEqual(field, usual[name]));
  return Object.fromEntries(
    differing.map(([name, field]) => {
      const standard = usual[name];
      return [name, isRecord(field) && isRecord(standard) ? unlessDefault(field, standard) : field];
    }),
  );
}
