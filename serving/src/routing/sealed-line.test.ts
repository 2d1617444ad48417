import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isFresh, seal, unseal } from './sealed-line.js';

const first = { id: '20260101T000000Z-00000001', key: createSecretKey(Buffer.alloc(32, 1)) };
const second = { id: '20260201T000000Z-00000002', key: createSecretKey(Buffer.alloc(32, 2)) };
const document = '{"kind":"Score","id":7,"revision":"telco-2","rows":[{"tenure":5}]}';

describe('a sealed line', () => {
  it('gives every document back to who holds the key', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(unseal([first, second], seal(second, json))).toBe(json);
      }),
    );
  });

  it.each([
    ['a character of the document', seal(first, document).replace('telco-2', 'telco-3')],
    ['a digit of the signature', seal(first, document).replace(/ (.)/, (_, digit) => (digit === '0' ? ' 1' : ' 0'))],
    ['the name of the key', seal(first, document).replace(first.id, second.id)],
    ['a key that is not mounted', seal({ ...first, id: '20260301T000000Z-00000003' }, document)],
    ['the key itself', seal({ id: first.id, key: second.key }, document)],
    ['the lack of a signature', document],
    ['a shorter signature', seal(first, document).replace(/ ../, ' ')],
    ['nothing', ''],
  ])('is refused when it differs by %s', (_, line) => {
    expect(unseal([first, second], line)).toBeUndefined();
  });

  it('is refused by who holds no key', () => {
    expect(unseal([], seal(first, document))).toBeUndefined();
  });
});

it.each([
  [0, true],
  [60_000, true],
  [-60_000, true],
  [60_001, false],
  [-60_001, false],
])('a document that is %d ms old is fresh: %p', (age, fresh) => {
  expect(isFresh(1_800_000_000_000 - age, 1_800_000_000_000)).toBe(fresh);
});
