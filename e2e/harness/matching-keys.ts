import { annotations, API_KEY_FIELD } from '@churnops/crds';
import { expect } from '@jest/globals';
import { createHash } from 'node:crypto';
import { at } from './kube-object.js';
import type { Story } from './operator-lab.js';

/** Expects that the key in clear, the hashes that pods accept, and the annotations of both Secrets belong together. */
export async function expectKeysToMatch(story: Story): Promise<void> {
  const clear = await story.get('Secret', 'telco-api-key');
  const hashes = await story.get('Secret', 'telco-api-keys');
  const key = Buffer.from(String(at(clear, 'data', API_KEY_FIELD)), 'base64').toString('utf8');
  const hash = createHash('sha256').update(key).digest('hex');
  expect(clear.metadata.annotations?.[annotations.keySha256]).toBe(hash);
  expect(hashes.metadata.annotations?.[annotations.keySha256]).toBe(hash);
  const entries = Object.values(at(hashes, 'data') ?? {}).map((value) =>
    Buffer.from(String(value), 'base64').toString(),
  );
  expect(entries.map((entry) => at(JSON.parse(entry), 'sha256'))).toEqual([hash]);
}
