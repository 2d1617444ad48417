import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStoreEnvironment, servingEnvironment } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { artifactFolder, startServing } from '../fixtures/pod-process.js';

const names = ['manifest.json', 'model.onnx'] as const;
const good = Object.fromEntries(names.map((name) => [name, readFileSync(join(artifactFolder, name))]));
const sha256 = createHash('sha256')
  .update(good['manifest.json'] ?? '')
  .digest('hex');

/** Objects by their path; a number is the status to answer with. */
const objects = new Map<string, Buffer | number>();
const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://host').pathname;
  const object = objects.get(path) ?? 404;
  if (typeof object === 'number') response.writeHead(object, { 'content-type': 'application/xml' }).end();
  else response.writeHead(200).end(object);
});

let folder = '';
let endpoint = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-fetch-'));
  await writeFile(join(folder, 'AWS_ACCESS_KEY_ID'), 'key\n');
  await writeFile(join(folder, 'AWS_SECRET_ACCESS_KEY'), 'very-secret\n');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function keep(name: string, changes: Readonly<Record<string, Buffer | number>> = {}): void {
  for (const [file, content] of Object.entries({ ...good, ...changes }))
    objects.set(`/models/${name}/${file}`, content);
}

async function fetched(name: string, env: Readonly<Record<string, string>> = {}) {
  const target = join(folder, `artifact-${name}`);
  const store = { endpoint, region: '', forcePathStyle: true, bucket: 'models', prefix: '' };
  const process = startServing(['fetch'], {
    [servingEnvironment.artifact]: target,
    [servingEnvironment.artifactSha256]: sha256,
    [artifactStoreEnvironment.store]: JSON.stringify(store),
    [artifactStoreEnvironment.uri]: `s3://models/${name}`,
    [artifactStoreEnvironment.credentials]: folder,
    ...env,
  });
  const code = await process.exit;
  return { code, target, last: process.lines.at(-1) ?? '' };
}

describe('churnops fetch', () => {
  it('brings the files of an artifact that have the recorded hash', async () => {
    keep('good');
    const { code, target } = await fetched('good');
    expect(code).toBe(0);
    expect((await readdir(target)).toSorted()).toEqual([...names]);
    for (const name of names) expect(await readFile(join(target, name))).toEqual(good[name]);
  });

  it.each<[string, Readonly<Record<string, Buffer | number>>, RegExp]>([
    [
      'a manifest that is another one',
      { 'manifest.json': Buffer.from('{"version":1}') },
      /not the one that was recorded/,
    ],
    ['a model that is another one', { 'model.onnx': Buffer.from('other') }, /does not belong to its manifest/],
    ['a model that is gone', { 'model.onnx': 404 }, /has no s3:\/\/models\/[a-z-]+\/model\.onnx/],
  ])('ends with the exit code that says that it can not be served: %s', async (_, changes, sentence) => {
    const name = `wrong-${String(Object.keys(changes)[0]).split('.')[0]}${Object.values(changes)[0] === 404 ? '-gone' : ''}`;
    keep(name, changes);
    const { code, last } = await fetched(name);
    expect(code).toBe(3);
    expect(last).toMatch(sentence);
  });

  it.each<[string, number, RegExp]>([
    ['is busy for too long', 503, /could not give s3:\/\/models\/status-503\/manifest\.json/],
    ['refuses the keys', 403, /check the keys in the Secret of spec\.artifacts\.s3\.secretRef/],
  ])('ends with exit code 1, so that it is tried again, when the service %s', async (_, status, sentence) => {
    keep(`status-${status}`, { 'manifest.json': status });
    const { code, last } = await fetched(`status-${status}`);
    expect(code).toBe(1);
    expect(last).toMatch(sentence);
    expect(last).not.toContain('very-secret');
  });

  it('says that the Secret is missing', async () => {
    const { code, last } = await fetched('good', { [artifactStoreEnvironment.credentials]: join(folder, 'none') });
    expect(code).toBe(1);
    expect(last).toMatch(/Secret that spec\.artifacts\.s3\.secretRef names does not exist/);
  });

  it('names the variable that it can not use', async () => {
    const { code, last } = await fetched('good', { [artifactStoreEnvironment.store]: 'no JSON' });
    expect(code).toBe(1);
    expect(last).toContain('CHURNOPS_ARTIFACT_STORE');
  });
});
