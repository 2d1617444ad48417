/**
 * The values that an object has at the places that a template names. Lists are compared as a whole when their lengths differ
 * (someone added or removed an item), else item by item, so that defaults inside an item don't count.
 */
export function project(object: unknown, template: unknown): unknown {
  if (Array.isArray(template)) return projectList(object, template);
  if (!isRecord(template) || !isRecord(object)) return object;
  return Object.fromEntries(
    Object.keys(template)
      .filter((field) => object[field] !== undefined)
      .map((field) => [field, project(object[field], template[field])]),
  );
}

function projectList(object: unknown, template: readonly unknown[]): unknown {
  if (!Array.isArray(object) || object.length !== template.length) return object;
  return object.map((item: unknown, index) => project(item, template[index]));
}

/** Whether a value is an object with fields, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
