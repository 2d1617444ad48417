import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { signingKey } from './signing-keys.js';

const made = (time: string) => ({ id: `20260101T${time}Z-00000001`, key: createSecretKey(Buffer.alloc(32)) });
const now = Date.parse('2026-01-01T12:00:00Z');

describe('the key that signs', () => {
  it.each([
    ['is the newest that every pod has read', ['100000', '110000', '115000', '115001'], '115000'],
    ['is the only one that every pod has read', ['100000', '115959'], '100000'],
    ['is the first one while all are new', ['115958', '115959'], '115958'],
    ['is the first one when the clock of the operator is ahead', ['130000', '140000'], '130000'],
  ])('%s', (_, times, expected) => {
    expect(signingKey(times.map(made), now)?.id).toBe(made(expected).id);
  });

  it('is none where none is mounted', () => {
    expect(signingKey([], now)).toBeUndefined();
  });
});
