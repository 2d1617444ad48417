import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { customResourceDefinition, objectSchema } from './custom-resource-definition.js';
import { kinds } from './kinds.js';
import { structuralSchema, type StructuralSchema } from './structural-schema.js';

const forbidden = [
  '$ref',
  'const',
  'oneOf',
  'anyOf',
  'allOf',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
];

function everyField(path: string, schema: StructuralSchema): [string, StructuralSchema][] {
  const below = [
    ...Object.entries(schema.properties ?? {}).map(([name, field]) => everyField(`${path}.${name}`, field)),
    ...(schema.items === undefined ? [] : [everyField(`${path}[]`, schema.items)]),
    ...(schema.additionalProperties === undefined ? [] : [everyField(`${path}{}`, schema.additionalProperties)]),
  ];
  return [[path, schema], ...below.flat()];
}

describe.each(kinds)('the definition of $kind', (kind) => {
  const fields = everyField('', objectSchema(kind));

  it('uses nothing that the API server refuses in a structural schema', () => {
    const used = fields.flatMap(([path, schema]) =>
      Object.keys(schema)
        .filter((key) => forbidden.includes(key))
        .map((key) => `${path}: ${key}`),
    );
    expect(used).toEqual([]);
  });

  it('describes every field', () => {
    const silent = fields
      .filter(([path]) => path !== '.metadata' && !path.endsWith('[]') && !path.endsWith('{}'))
      .filter(([, schema]) => schema.description === undefined)
      .map(([path]) => path);
    expect(silent).toEqual([]);
  });

  it('bounds every string, list and map, because the cost of CEL rules is estimated from bounds', () => {
    const endless = fields
      .filter(([path]) => path.startsWith('.spec'))
      .filter(
        ([, { type, maxLength, maxItems, maxProperties, enum: values, pattern, additionalProperties }]) =>
          (type === 'string' && maxLength === undefined && values === undefined && !isFixedLength(pattern)) ||
          (type === 'array' && maxItems === undefined) ||
          (additionalProperties !== undefined && maxProperties === undefined),
      )
      .map(([path]) => path);
    expect(endless).toEqual([]);
  });

  it('reads as not yet observed before the operator looked', () => {
    expect(objectSchema(kind).properties?.['status']?.default).toEqual({ observedGeneration: -1 });
  });

  it('says every default in its description, and once', () => {
    const root = customResourceDefinition(kind).spec.versions[0]?.schema.openAPIV3Schema;
    const wrong = everyField('', root ?? { type: 'object' })
      .filter(([, { default: usual }]) => ['string', 'number', 'boolean'].includes(typeof usual) && usual !== '')
      .filter(([, { description = '' }]) => description.split('Default: ').length !== 2)
      .map(([path]) => path);
    expect(wrong).toEqual([]);
  });

  it('shows why something is wrong with kubectl get -o wide', () => {
    const version = customResourceDefinition(kind).spec.versions[0];
    const message = version?.additionalPrinterColumns.find(({ name }) => name === 'Message');
    expect(message).toMatchObject({ priority: 1 });
  });
});

function isFixedLength(pattern: string | undefined): boolean {
  return pattern !== undefined && /\{\d+\}\$$/.test(pattern);
}

describe('a ChurnModel', () => {
  it('is closed but where Kubernetes objects are passed on as they were written', () => {
    const open = kinds.flatMap((kind) =>
      everyField('', objectSchema(kind))
        .filter(([, schema]) => schema['x-kubernetes-preserve-unknown-fields'] === true)
        .map(([path]) => path),
    );
    const affinities = ['nodeAffinity', 'podAffinity', 'podAntiAffinity'];
    expect(open).toEqual([
      ...affinities.map((name) => `.spec.training.pod.affinity.${name}`),
      ...affinities.map((name) => `.spec.serving.pod.affinity.${name}`),
      '.spec.autoscaling.metrics[]',
      '.spec.autoscaling.behavior.scaleUp',
      '.spec.autoscaling.behavior.scaleDown',
    ]);
  });
});

describe('an object that is passed on as it was written', () => {
  it('keeps the fields that its schema names, and every other one', () => {
    const schema = z.looseObject({ type: z.string().max(9) }).meta({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(structuralSchema(schema)).toEqual({
      type: 'object',
      required: ['type'],
      properties: { type: { type: 'string', maxLength: 9 } },
      'x-kubernetes-preserve-unknown-fields': true,
    });
  });
});

describe('an integer', () => {
  it.each([
    ['of 32 bits', z.int32(), { type: 'integer', format: 'int32' }],
    ['with bounds', z.int32().min(1).max(9), { type: 'integer', format: 'int32', minimum: 1, maximum: 9 }],
    ['of more', z.int().min(1), { type: 'integer', format: 'int64', minimum: 1 }],
  ])('%s has its size as format, and no bounds but its own', (_, schema, expected) => {
    expect(structuralSchema(schema)).toEqual(expected);
  });
});

describe('a schema that can not be a CustomResourceDefinition', () => {
  it.each([
    ['a number that must be five', z.strictObject({ size: z.literal(5) })],
    ['a union of objects', z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })])],
    ['a float', z.strictObject({ share: z.number() })],
    ['an open object', z.looseObject({})],
    ['a reference', z.strictObject({ a: z.string().meta({ id: 'Shared' }), b: z.string() })],
  ])('is refused: %s', (_, schema) => {
    expect(() => structuralSchema(schema)).toThrow();
  });
});
