import type { z } from 'zod';

/**
 * Parses what this release knows of an object. Fields that only a newer schema has are left out instead of refused: in an
 * upgrade the definitions come before the new operator, in a rollback they stay, and meanwhile what serves must go on.
 */
export function parseKnown<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  const result = schema.safeParse(value);
  if (result.success) return result;
  const known = result.error.issues.reduce(
    (rest, issue) => (issue.code === 'unrecognized_keys' ? without(rest, issue.path, issue.keys) : rest),
    value,
  );
  return schema.safeParse(known);
}

/** The value without the keys of the object at the path. */
function without(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [next, ...further] = path;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === next ? without(item, further, keys) : item));
  }
  const entries = Object.entries(value);
  if (next === undefined) return Object.fromEntries(entries.filter(([key]) => !keys.includes(key)));
  return Object.fromEntries(entries.map(([key, field]) => [key, key === next ? without(field, further, keys) : field]));
}
