import { API_VERSION } from '../names.js';
import { objectSchema } from './custom-resource-definition.js';
import type { Kind } from './kinds.js';
import { table } from './markdown-table.js';
import type { StructuralSchema } from './structural-schema.js';

interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly required: boolean;
}

function fieldsBelow(path: string, schema: StructuralSchema): Field[] {
  if (schema.items !== undefined) return fieldsBelow(`${path}[]`, schema.items);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const own = { path: `${path}.${name}`, schema: field, required: schema.required?.includes(name) ?? false };
    return [own, ...fieldsBelow(own.path, field)];
  });
}

function typeOf(schema: StructuralSchema): string {
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties !== undefined) return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  return schema.format === 'date-time' ? 'time' : schema.type;
}

function range({ minimum, maximum }: StructuralSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` (${minimum} to ${maximum})`;
  return minimum === undefined ? '' : ` (from ${minimum})`;
}

function defaultOf({ schema, required }: Field): string {
  if (required) return 'required';
  if (schema.default === undefined) return '';
  // A block that is there by default says nothing: its fields have their own rows.
  const text = JSON.stringify(schema.default);
  return text === '{}' ? '' : `\`${text}\``;
}

function fieldTable(path: string, schema: StructuralSchema | undefined): string {
  const fields = schema === undefined ? [] : fieldsBelow(path, schema);
  const rows = fields.map((field) => [
    `\`${field.path}\``,
    typeOf(field.schema) + range(field.schema),
    defaultOf(field),
    field.schema.description ?? '',
  ]);
  return table(['Field', 'Type', 'Default', 'Meaning'], rows);
}

function rules(kind: Kind): string {
  return Object.entries(kind.validations)
    .flatMap(([path, validations]) => validations.map(({ message }) => [path === '' ? 'object' : path, message]))
    .map(([path, message]) => `- \`${(path ?? '').replace('.items', '[]')}\`: ${message ?? ''}.`)
    .join('\n');
}

function columns(kind: Kind): string {
  const rows = kind.columns.map(({ name, description, priority }) => [
    name,
    priority === undefined ? 'always' : '`-o wide`',
    description,
  ]);
  return table(['Column', 'Shown', 'Meaning'], rows);
}

/** The reference page of a kind: every field with type, default and meaning, the rules, the columns. */
export function kindPage(kind: Kind): string {
  const { properties } = objectSchema(kind);
  return [
    `# ${kind.kind}`,
    kind.description,
    `\`apiVersion: ${API_VERSION}\`, \`kind: ${kind.kind}\`, short name \`${kind.shortName}\`, category \`churnops\`.`,
    '## Spec',
    kind.specDescription,
    fieldTable('spec', properties?.['spec']),
    '## Rules',
    'The API server refuses an object that breaks one of these.',
    rules(kind),
    '## Status',
    'Written by the operator only; programs read the [conditions](conditions.md).',
    fieldTable('status', properties?.['status']),
    '## Columns of `kubectl get`',
    columns(kind),
  ].join('\n\n');
}
