import { SigningKey, SigningKeyId } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { NOW } from './fixtures/world-builder.js';
import { generateSigningKey, signingKeyTime } from './signing-key.js';

describe('generateSigningKey', () => {
  it('makes 256 random bits whose id says when', () => {
    const { id, key } = generateSigningKey(NOW);
    expect(SigningKeyId.parse(id)).toContain('20260301T120000Z-');
    expect(Buffer.from(SigningKey.parse(key), 'base64')).toHaveLength(32);
    expect(signingKeyTime(id)).toEqual(NOW);
  });

  it('never repeats a key or an id', () => {
    const [a, b] = [generateSigningKey(NOW), generateSigningKey(NOW)];
    expect([a.id === b.id, a.key === b.key]).toEqual([false, false]);
  });
});
