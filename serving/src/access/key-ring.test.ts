import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { apiKeyHash, newApiKey } from './api-key.js';
import type { KeyRing } from './key-ring.js';
import { watchKeyFolder } from './key-ring.js';

const key = newApiKey();
const next = newApiKey();
const silent = pino({ level: 'silent' });

let folder: string;
let ring: KeyRing | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterEach(async () => {
  ring?.stop();
  await rm(folder, { recursive: true, force: true });
});

function entry(accepted: string): string {
  const sha256 = apiKeyHash(accepted).toString('hex');
  return JSON.stringify({ sha256, scopes: ['predict'], createdTime: '2026-01-01T00:00:00Z' });
}

/** As a kubelet does: a new folder, then a swap of the link `..data`, then the old folder goes. */
async function mount(generation: string, entries: Readonly<Record<string, string>>): Promise<void> {
  const content = join(folder, `..${generation}`);
  await mkdir(content);
  for (const [name, text] of Object.entries(entries)) await writeFile(join(content, name), text);
  await symlink(content, join(folder, '..next'));
  await rename(join(folder, '..next'), join(folder, '..data'));
}

async function accepted(candidate: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (ring?.accepts(candidate) !== true) {
    if (Date.now() > deadline) throw new Error('The key was not accepted within 120 s');
    await sleep(100);
  }
}

describe('a folder of keys', () => {
  it('accepts the key of every entry, and no other', async () => {
    await mount('first', { one: entry(key), two: entry(next) });
    ring = await watchKeyFolder(folder, silent);
    expect([key, next, newApiKey()].map((candidate) => ring?.accepts(candidate))).toEqual([true, true, false]);
  });

  it.each([
    ['is empty', ''],
    ['is no JSON', '{'],
    ['has a further field', JSON.stringify({ ...JSON.parse(entry(next)), note: 'x' })],
    ['has a scope that nobody knows', entry(next).replace('predict', 'everything')],
  ])('accepts nobody by an entry that %s, and the others still', async (_, damaged) => {
    await mount('first', { damaged, good: entry(key) });
    ring = await watchKeyFolder(folder, silent);
    expect([ring.accepts(next), ring.accepts(key)]).toEqual([false, true]);
  });

  it('accepts the others still beside an entry that can not be read', async () => {
    await mount('first', { good: entry(key) });
    await mkdir(join(folder, '..data', 'no-file'));
    ring = await watchKeyFolder(folder, silent);
    expect(ring.accepts(key)).toBe(true);
  });

  it('that is not there accepts nobody', async () => {
    ring = await watchKeyFolder(join(folder, 'nowhere'), silent);
    expect(ring.accepts(key)).toBe(false);
  });

  it('is read again when the kubelet swaps its link, and forgets the key that is gone', async () => {
    await mount('first', { one: entry(key) });
    ring = await watchKeyFolder(folder, silent);
    await mount('second', { one: entry(next) });
    await rm(join(folder, '..first'), { recursive: true });
    await accepted(next);
    expect(ring.accepts(key)).toBe(false);
  }, 150_000);

  it('keeps its keys while it can not be read', async () => {
    await mount('first', { one: entry(key) });
    ring = await watchKeyFolder(folder, silent);
    await rename(folder, `${folder}-away`);
    await sleep(2_500);
    expect(ring.accepts(key)).toBe(true);
    await rename(`${folder}-away`, folder);
    await mount('second', { one: entry(next) });
    await accepted(next);
    expect(ring.accepts(key)).toBe(false);
  }, 150_000);
});
