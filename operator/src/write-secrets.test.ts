import { annotations, SigningKey, SigningKeyId } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { NOW, SHA256, world } from './fixtures/world-builder.js';
import { signingSecret } from './desired/signing-secret.js';
import { kinds } from './kinds.js';
import { signingSecretFrom } from './observed-objects.js';
import { PlayedApiServer } from './fixtures/played-api-server.js';
import { NameConflict } from './runtime/index.js';
import type { DesiredObject, KubeObject } from './runtime/index.js';
import { writeApiKey, writeSigningKeys } from './write-secrets.js';

const given = world();
const { model } = given;
const key = { namespace: 'retention', name: 'telco-signing' };
const event = { type: 'Normal', reason: 'ApiKeyRotated', note: 'A new key' } as const;

function start(objects: readonly DesiredObject[] = []) {
  const cluster = new PlayedApiServer();
  for (const object of objects) cluster.put(object);
  const told: string[] = [];
  return { cluster, told, tell: (_: KubeObject, { reason }: { reason: string }) => told.push(reason) };
}

const keyA = { id: '20260101T120000Z-0000000a', key: 'A' };
const keyB = { id: '20260130T120000Z-0000000b', key: 'B' };

describe('writeSigningKeys', () => {
  it('makes two, and says their ids in the annotation', async () => {
    const writer = start();
    await writeSigningKeys(writer, given, { kind: 'WriteSigningKeys', secret: undefined });
    const made = await writer.cluster.get(kinds.secret, key);
    const { ids } = signingSecretFrom(made!);
    expect(ids).toHaveLength(2);
    expect(Object.keys(made!['stringData'] ?? {}).toSorted()).toEqual(ids);
    for (const value of Object.values(made!['stringData'] ?? {})) expect(SigningKey.parse(value)).toBe(value);
  });

  it('makes none when another operator was first', async () => {
    const writer = start([signingSecret(model, [keyA, keyB])]);
    await writeSigningKeys(writer, given, { kind: 'WriteSigningKeys', secret: undefined });
    expect(writer.cluster.writes).toEqual([]);
  });

  it('never writes a Secret of someone else', async () => {
    const foreign = signingSecret(model, [keyA, keyB]);
    const writer = start([{ ...foreign, metadata: { ...foreign.metadata, ownerReferences: [] } }]);
    const write = writeSigningKeys(writer, given, { kind: 'WriteSigningKeys', secret: undefined });
    await expect(write).rejects.toBeInstanceOf(NameConflict);
  });

  it.each([
    ['adds one and takes the older away', [keyA.id, keyB.id], { [keyA.id]: null }, [keyB.id]],
    ['replaces all when the annotation says nothing', [], null, []],
  ])('%s', async (_, ids, data, kept) => {
    const writer = start([signingSecret(model, [keyA, keyB])]);
    const live = await writer.cluster.get(kinds.secret, key);
    const secret = { uid: live!.metadata.uid, resourceVersion: live!.metadata.resourceVersion, ids };
    await writeSigningKeys(writer, given, { kind: 'WriteSigningKeys', secret });
    const patched = await writer.cluster.get(kinds.secret, key);
    expect(patched).toMatchObject({ data });
    const added = Object.keys(patched!['stringData'] ?? {});
    expect([...kept, ...added]).toHaveLength(2);
    expect(added.every((id) => SigningKeyId.safeParse(id).success)).toBe(true);
    expect(patched!.metadata.annotations?.[annotations.signingKeys]).toBe([...kept, ...added].toSorted().join());
  });
});

describe('writeApiKey', () => {
  it.each([
    ['makes a key before its hash is published', undefined, ['telco-api-key', 'telco-api-keys']],
    ['publishes the hash of the key that is there', SHA256, ['telco-api-keys']],
  ])('%s, and tells what it is told to', async (_, sha256, names) => {
    const writer = start();
    await writeApiKey(writer, { ...given, now: NOW }, { kind: 'WriteApiKey', sha256, event });
    expect(writer.cluster.writes).toEqual(names.map((name) => `create Secret ${name}`));
    expect(writer.told).toEqual(['ApiKeyRotated']);
  });
});
