import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { artifactStoreEnvironment, type ArtifactStore, type Manifest } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { makeCertificate } from '../fixtures/certificates.js';
import { S3Server } from '../fixtures/s3-server.js';
import { ArtifactBucket, type BucketTarget } from './artifact-bucket.js';
import type { Artifact } from './artifact.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let server: S3Server;
let credentials = '';
beforeAll(async () => {
  server = await S3Server.start(['models']);
  credentials = await S3Server.keys(await mkdtemp(join(tmpdir(), 'churnops-keys-')));
});
afterAll(async () => {
  await server.stop();
  await rm(credentials, { recursive: true, force: true });
});

function store(differences: Partial<ArtifactStore> = {}): ArtifactStore {
  const usual = { endpoint: server.endpoint, region: '', forcePathStyle: true };
  return { ...usual, bucket: 'models', prefix: '', ...differences };
}

function target(revision: string, differences: Partial<BucketTarget> = {}): BucketTarget {
  return { store: store(), uri: `s3://models/churn/shop/${revision}`, access: { credentials }, ...differences };
}

const bucket = (to: BucketTarget) => new ArtifactBucket(to, [1, 1, 1]);

function artifact(content = 'a'): Artifact {
  const manifestText = `{"content":"${content}"}\n`;
  const artifactSha256 = createHash('sha256').update(manifestText).digest('hex');
  return {
    // Publication never looks into the manifest: only its text travels.
    manifest: z.custom<Manifest>().parse({}),
    report: { artifactSha256, metrics: {}, threshold: '0.5000', failedGates: [], warnings: [] },
    onnx: new Uint8Array(3_000_000).fill(7),
    manifestText,
    reportText: '{"report":1}',
    replayText: '{"rows":1}',
    card: new Map([['model-card.md', '# A card']]),
  };
}

async function filesOf(revision: string): Promise<string[]> {
  try {
    const found = await readdir(join(server.folder, `models/churn/shop/${revision}`), {
      recursive: true,
      withFileTypes: true,
    });
    return found
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted();
  } catch {
    return [];
  }
}

describe('a bucket with artifacts', () => {
  it('holds each in a folder that is named after its hash', async () => {
    const made = artifact();
    const to = bucket(target('telco-1'));
    await to.check();
    await to.publish(made);
    const folder = join(server.folder, `models/churn/shop/telco-1/${made.report.artifactSha256}`);
    const names = ['manifest.json', 'model-card.md', 'model.onnx', 'replay.json', 'report.json'];
    expect((await readdir(folder)).toSorted()).toEqual(names);
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe(made.manifestText);
    expect((await readFile(join(folder, 'model.onnx'))).length).toBe(3_000_000);
    await to.close();
  });

  it('is written to once: what has a name is never replaced', async () => {
    const made = artifact('once');
    const to = bucket(target('telco-2'));
    await to.publish(made);
    const path = join(server.folder, `models/churn/shop/telco-2/${made.report.artifactSha256}/report.json`);
    await writeFile(path, 'older');
    await to.publish(made);
    expect(await readFile(path, 'utf8')).toBe('older');
    await to.close();
  });

  it('lends the artifact of one revision to the training of another, as far as it is there', async () => {
    const made = artifact('lent');
    const [to, other] = [bucket(target('telco-6')), bucket(target('telco-7'))];
    await to.publish(made);
    const uri = `s3://models/churn/shop/telco-6/${made.report.artifactSha256}`;
    const folder = await mkdtemp(join(tmpdir(), 'churnops-lent-'));
    await other.fetch(uri, folder);
    expect((await readdir(folder)).toSorted()).toEqual(['manifest.json', 'model.onnx']);
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe(made.manifestText);
    await rm(join(server.folder, 'models/churn/shop/telco-6'), { recursive: true });
    await other.fetch(uri, join(folder, 'gone'));
    expect(await readdir(join(folder, 'gone'))).toEqual([]);
    await Promise.all([to.close(), other.close(), rm(folder, { recursive: true })]);
  });

  it('gives up all of one revision, of interrupted tries too, and nothing of others', async () => {
    const [first, other] = [bucket(target('telco-3')), bucket(target('telco-31'))];
    await first.publish(artifact('x'));
    await first.publish(artifact('y'));
    await other.publish(artifact('z'));
    expect(await first.removeAll()).toHaveLength(10);
    expect(await first.removeAll()).toEqual([]);
    expect(await filesOf('telco-3')).toEqual([]);
    expect(await filesOf('telco-31')).toHaveLength(5);
    await Promise.all([first.close(), other.close()]);
  });

  it('is waited for while it restarts', async () => {
    await server.pause();
    const to = new ArtifactBucket(
      target('telco-4'),
      Array.from({ length: 600 }, () => 100),
    );
    const publication = to.publish(artifact());
    await server.resume();
    await publication;
    expect(await filesOf('telco-4')).toHaveLength(5);
    await to.close();
  });

  it.each<[string, () => Partial<BucketTarget>, string, RegExp]>([
    [
      'is not there',
      () => ({ uri: 's3://others/shop/telco-1' }),
      'ArtifactStoreUnreachable',
      /has no bucket "others": create it, or change spec\.artifacts\.s3\.bucket/,
    ],
    [
      'can not be reached',
      () => ({ store: store({ endpoint: 'http://user:very-secret@127.0.0.1:9' }) }),
      'ArtifactStoreUnreachable',
      /^http:\/\/127\.0\.0\.1:9 can't be reached for s3:\/\/models\//,
    ],
    [
      'refuses the keys',
      () => ({ access: { credentials: join(credentials, 'wrong') } }),
      'ArtifactStoreUnreachable',
      /refuses the credentials .* Secret of spec\.artifacts\.s3\.secretRef/,
    ],
    [
      'has no keys',
      () => ({ access: { credentials: join(credentials, 'none') } }),
      'SecretNotFound',
      /The Secret that spec\.artifacts\.s3\.secretRef names has no key AWS_ACCESS_KEY_ID/,
    ],
    [
      'has no certificates',
      () => ({ access: { credentials, caFile: join(credentials, 'ca.crt') } }),
      'ArtifactStoreUnreachable',
      /object that spec\.artifacts\.s3\.caBundleRef names does not exist/,
    ],
  ])('that %s is told of before anything is trained', async (_, differences, reason, sentence) => {
    await S3Server.keys(join(credentials, 'wrong'), 'wrong');
    const to = bucket(target('telco-5', differences()));
    const problem = await to.check().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(problem).toMatchObject({ reason, exitCode: 3 });
    expect(String(problem instanceof Error ? problem.message : problem)).toMatch(sentence);
    expect(String(problem)).not.toContain('secret-of-the-tests');
    await to.close();
  });

  it('is checked against the certificates of the user', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'churnops-tls-'));
    const certificate = await makeCertificate(folder);
    const secure = await S3Server.start(['models'], certificate);
    const endpoint = { store: store({ endpoint: secure.endpoint }) };
    const [trusting, other] = [
      bucket(target('telco-1', { ...endpoint, access: { credentials, caFile: certificate.caFile } })),
      bucket(target('telco-1', endpoint)),
    ];
    await trusting.check();
    await expect(other.check()).rejects.toMatchObject({ reason: 'ArtifactStoreUnreachable' });
    await Promise.all([trusting.close(), other.close(), secure.stop()]);
    await rm(folder, { recursive: true, force: true });
  });
});

describe('churnops remove', () => {
  it('removes what its environment names', async () => {
    const to = bucket(target('telco-9'));
    await to.publish(artifact());
    await to.close();
    const told = {
      [artifactStoreEnvironment.store]: JSON.stringify(store()),
      [artifactStoreEnvironment.uri]: 's3://models/churn/shop/telco-9',
      [artifactStoreEnvironment.credentials]: credentials,
    };
    expect(await ended(process.execPath, [main, 'remove'], told)).toBe(0);
    expect(await filesOf('telco-9')).toEqual([]);
  });

  it('refuses to guess', async () => {
    expect(await ended(process.execPath, [main, 'remove'])).toBe(2);
  });
});

async function ended(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number | null> {
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  await once(child, 'exit');
  return child.exitCode;
}
