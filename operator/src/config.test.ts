import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';

const images = { CHURNOPS_TRAINER_IMAGE: 'churnops/trainer:1', CHURNOPS_SERVING_IMAGE: 'churnops/serving:1' };

describe('readConfig', () => {
  it('needs only the two images', () => {
    expect(readConfig(images)).toMatchObject({
      namespaces: [],
      operatorNamespace: 'churnops-system',
      scrapeNamespaces: [],
      trainerImage: 'churnops/trainer:1',
      servingImage: 'churnops/serving:1',
      concurrency: 4,
      lease: { namespace: 'churnops-system', name: 'churnops-operator' },
      port: 9090,
      logLevel: 'info',
      kubeconfig: undefined,
    });
  });

  it('finds the API server as the kubelet gives it', () => {
    const given = { KUBERNETES_SERVICE_HOST: '198.18.0.1', KUBERNETES_SERVICE_PORT: '6443' };
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(readConfig({ ...images, ...given }).pod).toEqual({ host: '198.18.0.1', port: 6443, folder });
    expect(readConfig(images).pod).toBeUndefined();
  });

  it('never gives two processes one identity', () => {
    expect(readConfig(images).lease.identity).not.toBe(readConfig(images).lease.identity);
  });

  it('takes the identity that it is given', () => {
    expect(readConfig({ ...images, CHURNOPS_IDENTITY: 'me' }).lease.identity).toBe('me');
  });

  it.each([
    ['', []],
    ['a', ['a']],
    [' a , b,', ['a', 'b']],
  ])('reads the namespaces "%s"', (text, namespaces) => {
    expect(readConfig({ ...images, CHURNOPS_NAMESPACES: text }).namespaces).toEqual(namespaces);
  });

  it.each([
    ['CHURNOPS_TRAINER_IMAGE', undefined],
    ['CHURNOPS_SERVING_IMAGE', ''],
    ['CHURNOPS_PORT', '65536'],
    ['CHURNOPS_PORT', 'http'],
    ['CHURNOPS_CONCURRENCY', '0'],
    ['CHURNOPS_LOG_LEVEL', 'loud'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readConfig({ ...images, [name]: value })).toThrow(name);
  });
});
