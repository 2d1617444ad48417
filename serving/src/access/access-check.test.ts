import { describe, expect, it } from '@jest/globals';
import { Problem } from '../http/problem.js';
import { needsKey, requireApiKey } from './access-check.js';
import { isWellFormedApiKey, newApiKey } from './api-key.js';
import { singleKeyRing } from './key-ring.js';

const key = newApiKey();
const ring = singleKeyRing(key);

function refusal(headers: Record<string, string>): Problem | undefined {
  try {
    requireApiKey(headers, ring);
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error : undefined;
  }
}

describe('a key', () => {
  it('is well-formed when it is made, and different each time', () => {
    expect(isWellFormedApiKey(key)).toBe(true);
    expect(newApiKey()).not.toBe(key);
  });

  it('with a typing error is not well-formed', () => {
    const last = key.endsWith('0') ? '1' : '0';
    expect(isWellFormedApiKey(key.slice(0, -1) + last)).toBe(false);
  });
});

describe('access', () => {
  it.each([
    ['X-API-Key', { 'x-api-key': key }],
    ['Authorization: Bearer', { authorization: `Bearer ${key}` }],
    ['authorization: bearer in small letters', { authorization: `bearer ${key}` }],
  ])('is given with %s', (_, headers) => {
    expect(refusal(headers)).toBeUndefined();
  });

  it('tells which key it was', () => {
    expect(requireApiKey({ authorization: `Bearer ${key}` }, ring)).toBe(key);
  });

  it.each([
    ['without a key', {}, 'Send the key'],
    ['with another key', { 'x-api-key': newApiKey() }, 'not accepted'],
    ['with a mistyped key', { 'x-api-key': `${key.slice(0, 20)}x${key.slice(21)}_` }, 'mistyped'],
    ['with an empty key', { 'x-api-key': '' }, 'mistyped'],
    ['with basic authentication', { authorization: 'Basic YTpi' }, 'Send the key'],
  ])('is refused %s', (_, headers, detail) => {
    const problem = refusal(headers);
    expect(problem).toMatchObject({ status: 401 });
    expect(problem?.detail).toContain(detail);
    expect(problem?.headers['www-authenticate']).toContain('Bearer realm="churnops"');
  });

  it.each([
    ['/predict', true],
    ['/predict/batch', true],
    ['/model', true],
    ['/health', false],
    ['/health/ready', false],
    ['/docs', false],
    ['/docs/*', false],
    ['/openapi.json', false],
    ['/healthy', true],
  ])('of %s needs a key: %s', (route, expected) => {
    expect(needsKey(route)).toBe(expected);
  });
});
