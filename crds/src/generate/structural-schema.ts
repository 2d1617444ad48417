import { z } from 'zod';

/** A rule in the Common Expression Language that the API server checks on every write. */
const Validation = z.strictObject({
  rule: z.string(),
  message: z.string(),
  fieldPath: z.string().optional(),
  reason: z.enum(['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired']).optional(),
});
export type Validation = z.infer<typeof Validation>;

/**
 * What a CustomResourceDefinition may hold, and nothing else: `$ref`, `const`, `patternProperties`, `propertyNames`,
 * `additionalProperties: false` and typed `oneOf` are refused by the API server, so they do not parse here.
 */
export const StructuralSchema = z.strictObject({
  type: z.enum(['object', 'array', 'string', 'integer', 'boolean']),
  description: z.string().min(1).optional(),
  default: z.json().optional(),
  enum: z.array(z.string()).optional(),
  format: z.enum(['int32', 'int64', 'date-time']).optional(),
  pattern: z.string().optional(),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  minimum: z.int().optional(),
  maximum: z.int().optional(),
  minItems: z.int().optional(),
  maxItems: z.int().optional(),
  maxProperties: z.int().optional(),
  required: z.array(z.string()).optional(),
  'x-kubernetes-preserve-unknown-fields': z.literal(true).optional(),
  'x-kubernetes-list-type': z.enum(['map', 'set', 'atomic']).optional(),
  'x-kubernetes-list-map-keys': z.array(z.string()).optional(),
  'x-kubernetes-validations': z.array(Validation).optional(),
  get properties() {
    return z.record(z.string(), StructuralSchema).optional();
  },
  get items() {
    return StructuralSchema.optional();
  },
  get additionalProperties() {
    return StructuralSchema.optional();
  },
});
export type StructuralSchema = z.infer<typeof StructuralSchema>;

/** Entries of a free map. The cost of a CEL rule is estimated from bounds, so every map needs one. */
const MAP_ENTRIES = 32;

const INT32 = { minimum: -2147483648, maximum: 2147483647 } as const;
const SAFE = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const;

interface JsonSchemaNode {
  'x-kubernetes-preserve-unknown-fields'?: unknown;
  additionalProperties?: unknown;
  propertyNames?: unknown;
  maxProperties?: number | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  type?: unknown;
  format?: string | undefined;
}

/** Removes what zod emits and a CustomResourceDefinition refuses, and what says nothing. */
function prune(node: JsonSchemaNode): void {
  if (node['x-kubernetes-preserve-unknown-fields'] === true) delete node.additionalProperties;
  // The API server prunes unknown fields by itself and refuses them with strict validation.
  if (node.additionalProperties === false) delete node.additionalProperties;
  if (typeof node.additionalProperties === 'object') node.maxProperties ??= MAP_ENTRIES;
  delete node.propertyNames;
  if (node.type === 'integer') size(node);
}

/** Writes the size of an integer as its format: the bounds that zod gives for it say no more. */
function size(node: JsonSchemaNode): void {
  const bounds = node.maximum === SAFE.maximum ? SAFE : INT32;
  node.format = bounds === SAFE ? 'int64' : 'int32';
  if (node.minimum === bounds.minimum) delete node.minimum;
  if (node.maximum === bounds.maximum) delete node.maximum;
}

/** Turns a zod schema of the contracts into the schema of a CustomResourceDefinition. Throws when it can't be one. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      prune(jsonSchema);
    },
  });
  return StructuralSchema.parse(json);
}
