import { describe, expect, it } from '@jest/globals';
import { PlayedApiServer } from '../fixtures/played-api-server.js';
import { EventRecorder } from './events.js';
import { ManualClock } from './manual-clock.js';

const server = () => {
  const cluster = new PlayedApiServer();
  const clock = new ManualClock();
  const recorder = new EventRecorder({
    cluster,
    clock,
    controller: 'tests',
    instance: 'a',
    burst: 1,
    refillSeconds: 5,
  });
  const record = (reason: string, name = 'telco') => {
    const regarding = cluster.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'n', uid: name },
    });
    recorder.record({ regarding, type: 'Normal', reason, action: 'Reconcile', note: reason });
  };
  return { cluster, clock, recorder, record };
};

describe('an EventRecorder', () => {
  it('writes a note anew whose first one was dropped since there were too many', async () => {
    const { cluster, clock, recorder, record } = server();
    record('Promoted');
    record('ApiKeyRotated');
    await clock.advance(5_000);
    record('ApiKeyRotated');
    await recorder.flush();
    expect(cluster.writes.map((write) => write.split('.')[0])).toEqual(['create Event telco', 'create Event telco']);
  });

  it('still tells of one object when there was too much to tell of another', async () => {
    const { cluster, recorder, record } = server();
    record('Promoted');
    record('ApiKeyRotated');
    record('RolledBack', 'other');
    await recorder.flush();
    expect(cluster.writes.map((write) => write.split('.')[0])).toEqual(['create Event telco', 'create Event other']);
  });
});
