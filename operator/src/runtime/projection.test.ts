import { describe, expect, it } from '@jest/globals';
import { project } from './projection.js';

describe('a projection', () => {
  it.each([
    ['ignores defaults beside the wish', { a: 1, b: 2 }, { a: 0 }, { a: 1 }],
    ['shows what the API server made of a value', { cpu: '10m' }, { cpu: '0.01' }, { cpu: '10m' }],
    ['leaves out what was removed', {}, { a: { b: 1 } }, {}],
    ['ignores defaults inside list items', { l: [{ a: 1, d: 9 }] }, { l: [{ a: 1 }] }, { l: [{ a: 1 }] }],
    [
      'shows the whole list when an item was added',
      { l: [{ a: 1 }, { b: 2 }] },
      { l: [{ a: 1 }] },
      { l: [{ a: 1 }, { b: 2 }] },
    ],
    ['shows what stands where an object was wished', { a: null }, { a: { b: 1 } }, { a: null }],
  ])('%s', (_, object, template, expected) => {
    expect(project(object, template)).toEqual(expected);
  });
});
