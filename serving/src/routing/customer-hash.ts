import { murmur3 } from './murmur3.js';

/** What the hash needs to know of a manifest. */
export interface CustomerContract {
  readonly entityKey?: string | undefined;
  readonly features: readonly { readonly name: string }[];
}

/** Says which customer a row is about: a whole number below 2^32, the same for the same customer and seed. */
export type CustomerHash = (row: unknown, seed: number) => number;

/**
 * By the entity key where the row has one, else by what the model looks at: neither the order of the columns nor those that
 * it ignores make another customer.
 */
export function customerHash({ entityKey, features }: CustomerContract): CustomerHash {
  const names = features.map(({ name }) => name);
  return (row, seed) => {
    const key = entityKey === undefined ? '' : textOf(row, entityKey);
    return murmur3(key === '' ? names.map((name) => textOf(row, name)).join('\n') : key, seed);
  };
}

function textOf(row: unknown, column: string): string {
  if (!isObject(row) || !Object.hasOwn(row, column)) return '';
  const cell = row[column];
  if (typeof cell === 'string') return cell.trim();
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : '';
}

function isObject(row: unknown): row is Readonly<Record<string, unknown>> {
  return typeof row === 'object' && row !== null;
}
