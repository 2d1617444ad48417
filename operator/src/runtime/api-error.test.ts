import { describe, expect, it } from '@jest/globals';
import { apiErrorFrom, apiErrorFromStatus, isExpired, isNamespaceTerminating } from './api-error.js';

const terminating = {
  kind: 'Status',
  message: 'jobs.batch "a" is forbidden: unable to create new content because it is being terminated',
  reason: 'Forbidden',
  code: 403,
  details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
};

describe('apiErrorFrom', () => {
  it('names the call and brings the message of the API server', () => {
    const error = apiErrorFrom('POST /jobs', { code: 403, body: JSON.stringify(terminating) });
    expect(error.message).toBe(`POST /jobs was answered with 403: ${terminating.message}`);
    expect([error.reason, isNamespaceTerminating(error)]).toEqual(['Forbidden', true]);
  });

  it('takes a quota for what it is', () => {
    const body = JSON.stringify({ reason: 'Forbidden', message: 'exceeded quota', details: { kind: 'pods' } });
    expect(isNamespaceTerminating(apiErrorFrom('POST /pods', { code: 403, body }))).toBe(false);
  });

  it.each([
    ['<html>Bad Gateway</html>', 502, 'Unknown', '<html>'],
    ['', 404, 'NotFound', 'no message'],
    ['[]', 429, 'TooManyRequests', '[]'],
  ])('makes do with the answer "%s"', (body, code, reason, words) => {
    const error = apiErrorFrom('GET /pods', { code, body });
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(words);
  });

  it.each([
    ['the body', { body: '{"details":{"retryAfterSeconds":3}}', retryAfter: '9' }, 3],
    ['the header', { body: '', retryAfter: '9' }, 9],
    ['nobody', { body: '', retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' }, undefined],
  ])('waits as %s says', (_, answer, seconds) => {
    expect(apiErrorFrom('GET /pods', { code: 429, ...answer }).retryAfter).toBe(seconds);
  });
});

describe('apiErrorFromStatus', () => {
  it.each([
    [{ code: 410, reason: 'Expired' }, true],
    [{ code: 410 }, true],
    [{ code: 500, reason: 'InternalError' }, false],
    ['nonsense', false],
  ])('of %j is expired: %s', (object, expected) => {
    expect(isExpired(apiErrorFromStatus('The watch', object))).toBe(expected);
  });
});
