import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf } from '../fixtures/problem-of.js';
import { SizeBudget, storeBytes } from './store-bytes.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-store-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Stores these texts, of which the server never said how long they would be. */
function store(texts: readonly string[], budget: SizeBudget) {
  const chunks = Readable.from(texts.map((text) => Buffer.from(text)));
  return storeBytes(chunks, join(folder, 'part'), { budget });
}

/** What is left for a table of many files when those before took nearly all. */
function nearlySpent(left: number): SizeBudget {
  const budget = new SizeBudget('s3://lake/months/');
  budget.take(2 * 1024 ** 3 - left);
  return budget;
}

const tooLarge = /^2 DataInvalid: s3:\/\/lake\/months\/ is larger than 2 GiB, .*: leave out columns or rows\.$/;

describe('the files of a table', () => {
  it('may have 2 GiB together', async () => {
    const budget = nearlySpent(8);
    expect(await store(['a,b\n', '1,2\n'], budget)).toMatchObject({ bytes: 8 });
    expect(await readFile(join(folder, 'part'), 'utf8')).toBe('a,b\n1,2\n');
    expect(await problemOf(store(['x'], budget))).toMatch(tooLarge);
  });

  it('may not have more, of which a try that failed takes nothing', async () => {
    const budget = nearlySpent(7);
    expect(await problemOf(store(['a,b\n', '1,2\n'], budget))).toMatch(tooLarge);
    expect(await store(['a,b\n', '1,2'], budget)).toMatchObject({ bytes: 7 });
  });
});
