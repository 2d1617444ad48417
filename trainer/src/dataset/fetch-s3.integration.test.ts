import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCertificate, type ServerCertificate } from '../fixtures/certificates.js';
import { problemOf } from '../fixtures/problem-of.js';
import { S3Server } from '../fixtures/s3-server.js';
import { trainingData } from '../fixtures/training-data.js';
import { fetchObject, type FetchOptions } from './fetch-object.js';
import { readTable } from './read-table.js';

const samples = join(import.meta.dirname, '../../../e2e/samples/data');

let folder: string;
let workspace: string;
let certificate: ServerCertificate;
let server: S3Server;
const keys: Record<string, string> = {};

/** A server whose certificate is of a CA that nobody knows. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-lake-'));
  workspace = join(folder, 'workspace');
  await mkdir(workspace);
  certificate = await makeCertificate(folder);
  keys['right'] = await S3Server.keys(join(folder, 'keys'));
  keys['of a wrong secret'] = await S3Server.keys(join(folder, 'wrong-secret'), 'guessed');
  keys['of nobody'] = await S3Server.keys(join(folder, 'nobody'));
  await writeFile(join(keys['of nobody'], 'AWS_ACCESS_KEY_ID'), 'nobody');
  server = await S3Server.start(['lake'], certificate);
  const files: Record<string, string> = {
    'months/2026-01.csv': 'a,b\n1,x\n',
    'months/2026-02.csv': 'a,b\n2,y\n',
    'months/_SUCCESS': '',
    'mixed/1.csv': 'a,b\n1,x\n',
    'mixed/2.csv': 'a\n1\n',
  };
  // More than the first page of a list holds, and the table on the second one.
  for (let index = 0; index < 1005; index += 1) files[`many/_${1000 + index}`] = '';
  files['many/table.csv'] = 'a\n1\n2\n';
  for (const [name, content] of Object.entries(files)) {
    const path = join(server.folder, 'lake', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  await copyFile(join(samples, 'telco.csv'), join(server.folder, 'lake/telco.csv'));
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function fetch(uri: string, more: Partial<FetchOptions> = {}) {
  const s3 = { endpoint: server.endpoint, region: '', forcePathStyle: true };
  const options = { credentials: keys['right'] ?? '', caFile: certificate.caFile, dataRoot: folder, workspace };
  return fetchObject(trainingData(uri, { s3 }), { patience: { pausesMs: [10, 10] }, ...options, ...more });
}

describe('a private S3 service', () => {
  it('gives an object with its identity', async () => {
    const table = await fetch('s3://lake/telco.csv');
    expect(table).toMatchObject({ uri: 's3://lake/telco.csv', format: 'Csv' });
    expect((await readTable(table)).rows).toBe(7043);
  });

  it('gives all objects below a prefix', async () => {
    const table = await fetch('s3://lake/months/');
    expect(table).toMatchObject({ uri: 's3://lake/months/', files: 2, bytes: 16 });
    expect((await readTable(table)).columns.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('gives more objects than a page of its list holds', async () => {
    const table = await fetch('s3://lake/many/');
    expect(table.parts.map(({ name }) => name)).toEqual(['table.csv']);
  });

  it.each([
    ['s3://lake/nothing.csv', /^2 DataInvalid: .*no object s3:\/\/lake\/nothing\.csv/],
    ['s3://nowhere/table.csv', /^2 DataInvalid: .*no bucket "nowhere"/],
    ['s3://nowhere/months/', /^2 DataInvalid: .*no bucket "nowhere"/],
    ['s3://lake/nothing/', /^2 DataInvalid: There are no files below s3:\/\/lake\/nothing\//],
  ])('says in a sentence what is not there: %s', async (uri, sentence) => {
    expect(await problemOf(fetch(uri))).toMatch(sentence);
  });

  it('says which object lacks a column', async () => {
    const table = await fetch('s3://lake/mixed/');
    expect(await problemOf(readTable(table))).toMatch(/^2 DataInvalid: 2\.csv has no column "b", which 1\.csv has/);
  });

  it.each(['of nobody', 'of a wrong secret'])('refuses keys %s', async (name) => {
    const problem = await problemOf(fetch('s3://lake/telco.csv', { credentials: keys[name] ?? '' }));
    expect(problem).toMatch(/^3 DataUnreachable: .*refuses the credentials .*Secret of spec\.data\.secretRef/);
    expect(problem).not.toMatch(/a-secret-of-the-tests|guessed/);
  });

  it('is not trusted without its CA', async () => {
    const s3 = { endpoint: server.endpoint, region: '', forcePathStyle: true };
    const options = { credentials: keys['right'] ?? '', dataRoot: folder, workspace };
    const fetched = fetchObject(trainingData('s3://lake/telco.csv', { s3 }), options);
    // Jest's own Error class keeps the S3 client from seeing why; fetch-https.integration.test.ts has the sentence.
    expect(await problemOf(fetched)).toMatch(/^3 DataUnreachable: https:\/\/127\.0\.0\.1:\d+ can't be reached/);
  });
});
