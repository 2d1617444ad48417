import { describe, expect, it } from '@jest/globals';
import { collectionPath, objectPath } from './resource-kind.js';
import { compareResourceVersions } from './kube-object.js';

const secret = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const namespace = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

describe('paths', () => {
  it.each([
    [collectionPath(secret, ''), '/api/v1/secrets'],
    [collectionPath(deployment, 'shop'), '/apis/apps/v1/namespaces/shop/deployments'],
    [objectPath(namespace, { namespace: '', name: 'shop' }), '/api/v1/namespaces/shop'],
    [
      objectPath(deployment, { namespace: 'shop', name: 'web' }, 'scale'),
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    ],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it('are refused for a namespaced object without a namespace', () => {
    expect(() => objectPath(secret, { namespace: '', name: 'key' })).toThrow('Secret key needs a namespace');
  });
});

describe('resource versions', () => {
  it.each([
    ['9', '10', -1],
    ['10', '9', 1],
    ['10', '10', 0],
    ['99999999999999999998', '99999999999999999999', -1],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareResourceVersions(a, b))).toBe(sign);
  });
});
