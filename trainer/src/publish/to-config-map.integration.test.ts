import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@churnops/crds';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { PlayedConfigMap } from '../fixtures/played-config-map.js';
import { portOf } from '../fixtures/port-of.js';
import type { Artifact } from './artifact.js';
import { KubernetesClient } from './kubernetes-access.js';
import { ArtifactConfigMap } from './to-config-map.js';

function artifact(bytes = 3): Artifact {
  const manifestText = '{}\n';
  const artifactSha256 = createHash('sha256').update(manifestText).digest('hex');
  const report = { artifactSha256, metrics: {}, threshold: '0.5000', failedGates: [], warnings: [] };
  return {
    manifest: manifestOf({}),
    report,
    onnx: new Uint8Array(bytes),
    manifestText,
    reportText: JSON.stringify(report),
    replayText: '{}\n',
    card: new Map([['model-card.md', '# Card\n']]),
  };
}

/** Publication never looks into the manifest: only its text travels. */
function manifestOf(value: unknown): Manifest {
  return z.custom<Manifest>().parse(value);
}

let folder = '';
let world: PlayedConfigMap;
let server: Server;
let client: KubernetesClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-publish-'));
  await writeFile(join(folder, 'token'), 'secret\n');
  world = new PlayedConfigMap();
  server = createServer(world.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new KubernetesClient(
    { server: `http://127.0.0.1:${portOf(server)}`, tokenFile: join(folder, 'token') },
    [1, 1, 1],
  );
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('publication to a ConfigMap', () => {
  const target = () => new ArtifactConfigMap(client, 'shop', 'telco-1-artifact');

  it('fills it in one write, takes progress away and makes it immutable', async () => {
    const map = target();
    expect(await map.isComplete()).toBe(false);
    map.showProgress({ step: 'Train', percent: 50 });
    await map.publish(artifact());
    expect(Object.keys(world.data).sort()).toEqual(['manifest.json', 'model-card.md', 'replay.json', 'report.json']);
    expect(world).toMatchObject({ immutable: true, writes: 2, binaryData: { 'model.onnx': 'AAAA' } });
    expect(await target().isComplete()).toBe(true);
  });

  it('tries again while the API server is busy or restarting', async () => {
    world.faults.push(503, 429, 500);
    await target().publish(artifact());
    expect(world.writes).toBe(1);
  });

  it('is content with what an earlier try has written', async () => {
    await target().publish(artifact());
    await target().publish(artifact());
    expect(world.writes).toBe(1);
  });

  it.each([
    [403, /was refused by the API server \(HTTP 403\)/],
    [404, /is gone/],
  ])('says what HTTP %s means', async (status, sentence) => {
    world.faults.push(status);
    await expect(target().isComplete()).rejects.toThrow(sentence);
  });

  it('refuses an artifact that does not fit, and writes nothing', async () => {
    await expect(target().publish(artifact(1_000_000))).rejects.toMatchObject({ reason: 'ArtifactTooLarge' });
    expect(world.writes).toBe(0);
  });
});
