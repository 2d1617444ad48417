import { describe, expect, it } from '@jest/globals';
import { createCaches, sourcesOf } from './caches.js';
import { autoscaler } from './desired/autoscaler.js';
import { model } from './fixtures/world-builder.js';
import { PlayedApiServer } from './fixtures/played-api-server.js';
import { KubeObject, systemClock } from './runtime/index.js';

const caches = createCaches({
  cluster: new PlayedApiServer(),
  namespaces: [],
  clock: systemClock,
  onError: () => undefined,
});

function stored(replicas: number, resourceVersion: string, status: object = {}): KubeObject {
  const desired = autoscaler(model({ autoscaling: { minReplicas: replicas } }), 'telco-1');
  return KubeObject.parse({ ...desired, metadata: { ...desired.metadata, uid: 'uid', resourceVersion }, status });
}

describe('a change of an autoscaler', () => {
  const before = stored(2, '1');
  it.each([
    ['of its wish brings its model back', { old: before, now: stored(3, '2') }, 1],
    ['of its figures brings nothing back', { old: before, now: stored(2, '2', { currentReplicas: 5 }) }, 0],
    ['that is its end brings its model back', { old: before }, 1],
    ['that is its beginning brings its model back', { now: before }, 1],
  ])('%s', (_, change, keys) => {
    const source = sourcesOf(caches).find(({ reflector }) => reflector === caches.horizontalPodAutoscalers);
    expect(source?.keysOf(change)).toHaveLength(keys);
  });
});
