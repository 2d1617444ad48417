import { createHash } from 'node:crypto';
import { API_KEY_PATTERN, mergedGates, TrainingInput } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { generateApiKey } from '../api-key.js';
import { generateSigningKey } from '../signing-key.js';
import { good, hashes, model, NOW, revision, SHA256, UID, world } from '../fixtures/world-builder.js';
import { apiKeySecret, apiKeysSecret } from './api-key-secrets.js';
import { artifactConfigMap } from './artifact-config-map.js';
import { newServingDeployment, servingDeployment } from './serving-deployment.js';
import { servingServiceAccount } from './serving-service-account.js';
import { servingService } from './serving-service.js';
import { signingSecret } from './signing-secret.js';
import { networkPolicy } from './network-policy.js';
import { podTemplate } from './pod-template.js';
import { trainingAccess } from './training-access.js';
import { trainingInput } from './training-input.js';
import { trainingJob } from './training-job.js';

const telco = model();
const first = revision(telco, 1, good());
const artifact = { configMap: 'telco-1-artifact-01234567', sha256: SHA256 };

describe('children', () => {
  it('all are controlled by the model and carry its label', () => {
    const children = [
      trainingJob(telco, first, 1),
      ...trainingAccess(telco, first),
      artifactConfigMap(telco, first),
      servingDeployment(telco, first, artifact),
      servingService(telco, 'telco-1'),
      apiKeySecret(telco, 'key', SHA256),
      apiKeysSecret(telco, SHA256, NOW),
      signingSecret(telco, [generateSigningKey(NOW)]),
      servingServiceAccount(telco),
      networkPolicy(telco, world().release),
    ];
    for (const { metadata } of children) {
      expect(metadata.ownerReferences).toEqual([expect.objectContaining({ uid: UID, controller: true })]);
      expect(metadata.labels).toMatchObject({
        'churnops.dev/model': 'telco',
        'app.kubernetes.io/managed-by': 'churnops-operator',
      });
    }
  });

  it('a Deployment is created with replicas and applied without', () => {
    expect(newServingDeployment(servingDeployment(telco, first, artifact), 2)).toMatchObject({ spec: { replicas: 2 } });
    expect(servingDeployment(telco, first, artifact)['spec']).not.toHaveProperty('replicas');
  });

  it('a serving pod names its artifact by hash and ConfigMap', () => {
    const text = JSON.stringify(servingDeployment(telco, first, artifact));
    expect(text).toContain(`{"name":"CHURNOPS_ARTIFACT_SHA256","value":"${SHA256}"}`);
    expect(text).toContain('"configMap":{"name":"telco-1-artifact-01234567"}');
    expect(text).toContain('"automountServiceAccountToken":false');
  });

  it.each([
    ['none', {}, {}],
    ['a rate', { rateLimit: { requestsPerSecond: 7 } }, { CHURNOPS_REQUESTS_PER_SECOND: '7' }],
    [
      'a rate and a burst',
      { rateLimit: { requestsPerSecond: 7, burst: 9 } },
      { CHURNOPS_REQUESTS_PER_SECOND: '7', CHURNOPS_REQUEST_BURST: '9' },
    ],
  ])('a serving pod is told of a rate limit what is set: %s', (_, access, expected) => {
    const variables = podTemplate('telco', model({ serving: { access } }).spec, world().release)
      .spec.containers.flatMap(({ env }) => env)
      .flatMap((variable) => ('value' in variable ? [[variable.name, variable.value] as const] : []));
    expect(Object.fromEntries(variables.filter(([name]) => name.startsWith('CHURNOPS_REQUEST')))).toEqual({
      CHURNOPS_REQUEST_TIMEOUT_SECONDS: '30',
      ...expected,
    });
  });

  it('a training pod is not selected by the Service, whose selector is the revision', () => {
    expect(servingService(telco, 'telco-1')).toMatchObject({
      spec: { selector: { 'churnops.dev/revision': 'telco-1' } },
    });
    expect(trainingJob(telco, first, 1)).not.toHaveProperty([
      'spec',
      'template',
      'metadata',
      'labels',
      'churnops.dev/revision',
    ]);
  });

  it('a Job has no time to live, and a later attempt another name', () => {
    expect(trainingJob(telco, first, 1)['spec']).not.toHaveProperty('ttlSecondsAfterFinished');
    expect(trainingJob(telco, first, 2).metadata.name).toBe('telco-1-train-2');
  });

  it('tells the trainer every default', () => {
    const input = TrainingInput.parse(JSON.parse(first.spec.training));
    expect(input).toMatchObject({
      seed: 42,
      data: { format: 'Auto' },
      gates: [{ metric: 'RocAUC' }, { metric: 'CalibrationZ' }],
    });
  });
});

describe('gates', () => {
  it('of a user replace single bounds of the default ones', () => {
    const own = [
      { metric: 'RocAUC', minValue: '0.7' },
      { metric: 'F1', minValue: '0.5' },
    ] as const;
    const told = TrainingInput.parse(trainingInput(model({ training: { gates: own } }).spec));
    expect(mergedGates(told.gates)).toEqual([
      { metric: 'RocAUC', minValue: '0.7', minChange: '-0.01' },
      { metric: 'LogLoss', maxChange: '0.01' },
      { metric: 'CalibrationZ', maxValue: '4' },
      { metric: 'F1', minValue: '0.5' },
    ]);
  });
});

describe('hashes', () => {
  it.each([
    ['replicas change neither', { autoscaling: { replicas: 5 } }, true, true],
    ['a seed changes the inputs', { training: { seed: 7 } }, false, true],
    ['a gate changes the inputs', { training: { gates: [{ metric: 'F1', minValue: '0.5' }] } }, false, true],
    ['a search of the usual length changes nothing', { training: { search: { maxTrials: 16 } } }, true, true],
    ['a longer search changes the inputs', { training: { search: { maxTrials: 17 } } }, false, true],
    ['another profit changes the inputs', { decision: { profit: { offerCost: '20' } } }, false, true],
    ['how long a Job is kept changes nothing', { training: { ttlSecondsAfterFinished: 5 } }, true, true],
    ['a batch size changes serving only', { serving: { maxBatchSize: 7 } }, true, false],
    [
      'a rate limit changes serving only',
      { serving: { access: { rateLimit: { requestsPerSecond: 7 } } } },
      true,
      false,
    ],
  ])('%s', (_, spec, sameInputs, sameServing) => {
    const [before, after] = [hashes(), hashes(spec)];
    expect([before.inputHash === after.inputHash, before.servingHash === after.servingHash]).toEqual([
      sameInputs,
      sameServing,
    ]);
  });
});

describe('generateApiKey', () => {
  it('makes keys of the published form that never repeat', () => {
    const { key, sha256 } = generateApiKey();
    expect(key).toMatch(API_KEY_PATTERN);
    expect(sha256).toBe(createHash('sha256').update(key).digest('hex'));
    expect(generateApiKey().key).not.toBe(key);
  });
});
