import { GROUP, VERSION } from '../names.js';
import type { Kind } from './kinds.js';
import { structuralSchema, type StructuralSchema, type Validation } from './structural-schema.js';

/** The field below `schema` that one segment of a path names: `items`, or a property. Throws when there is none. */
function child(schema: StructuralSchema, segment: string): StructuralSchema {
  const found = segment === 'items' ? schema.items : schema.properties?.[segment];
  if (found === undefined) throw new Error(`A validation stands at a field that does not exist: ${segment}`);
  return found;
}

/** Puts the rules at the field that `path` names; the schema is changed in place. */
function attach(root: StructuralSchema, path: string, rules: readonly Validation[]): void {
  const segments = path === '' ? [] : path.split('.');
  segments.reduce(child, root)['x-kubernetes-validations'] = [...rules];
}

/** The schema of the whole object, with defaults and CEL rules. */
export function objectSchema(kind: Kind): StructuralSchema {
  const root: StructuralSchema = {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: `Version of the schema of this object: ${GROUP}/${VERSION}.` },
      kind: { type: 'string', description: `Kind of the object: ${kind.kind}.` },
      metadata: { type: 'object' },
      spec: structuralSchema(kind.spec.describe(kind.specDescription)),
      status: {
        ...structuralSchema(kind.status.describe('What is. Written by the operator only.')),
        // A brand-new object must never read as observed: metadata.generation starts at 1.
        default: { observedGeneration: -1 },
      },
    },
  };
  for (const [path, rules] of Object.entries(kind.validations)) attach(root, path, rules);
  return root;
}

/** With the default of each field in its description, since `kubectl explain` does not show it otherwise. */
function explained(schema: StructuralSchema): StructuralSchema {
  const { properties, items, additionalProperties, description } = schema;
  return {
    ...schema,
    ...(description === undefined ? {} : { description: description + defaultText(schema) }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, explained) }),
    ...(items === undefined ? {} : { items: explained(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: explained(additionalProperties) }),
  };
}

/** Nothing where the default is no value: empty text, no entries, a block with its own fields. */
function defaultText({ default: usual }: StructuralSchema): string {
  if (typeof usual !== 'string' && typeof usual !== 'number' && typeof usual !== 'boolean') return '';
  return usual === '' ? '' : ` Default: ${String(usual)}.`;
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** The `CustomResourceDefinition` of a kind. */
export function customResourceDefinition(kind: Kind) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        singular: kind.singular,
        plural: kind.plural,
        shortNames: [kind.shortName],
        categories: ['churnops'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {}, ...(kind.scale === undefined ? {} : { scale: kind.scale }) },
          additionalPrinterColumns: kind.columns,
          schema: { openAPIV3Schema: explained(objectSchema(kind)) },
        },
      ],
    },
  };
}
