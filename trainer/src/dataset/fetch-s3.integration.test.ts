import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCertificate, type ServerCertificate } from '../fixtures/certificates.js';
import { problemOf } from '../fixtures/problem-of.js';
import { ServerProgram } from '../fixtures/server-program.js';
import { tool } from '../fixtures/tool.js';
import { trainingData } from '../fixtures/training-data.js';
import { fetchObject, type FetchOptions } from './fetch-object.js';
import { readTable } from './read-table.js';

const samples = join(import.meta.dirname, '../../../e2e/samples/data');

let folder: string;
let workspace: string;
let certificate: ServerCertificate;
let server: ServerProgram;

/** An S3 server over a folder, whose certificate is of a CA that nobody knows. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-s3-'));
  workspace = join(folder, 'workspace');
  certificate = await makeCertificate(folder);
  const files: Record<string, string> = {
    'keys/AWS_ACCESS_KEY_ID': 'reader',
    'keys/AWS_SECRET_ACCESS_KEY': 'very-secret',
    'wrong-key/AWS_ACCESS_KEY_ID': 'nobody',
    'wrong-key/AWS_SECRET_ACCESS_KEY': 'very-secret',
    'wrong-secret/AWS_ACCESS_KEY_ID': 'reader',
    'wrong-secret/AWS_SECRET_ACCESS_KEY': 'guessed',
    'lake/months/2026-01.csv': 'a,b\n1,x\n',
    'lake/months/2026-02.csv': 'a,b\n2,y\n',
    'lake/months/_SUCCESS': '',
    'lake/mixed/1.csv': 'a,b\n1,x\n',
    'lake/mixed/2.csv': 'a\n1\n',
    'lake/many/x': '',
  };
  // More than one page of a list.
  for (let index = 0; index < 1005; index += 1) files[`lake/many/${1000 + index}.csv`] = `a\n${index}\n`;
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await rm(join(folder, 'lake/many/x'));
  await copyFile(join(samples, 'telco.csv'), join(folder, 'lake/telco.csv'));
  await mkdir(workspace);
  server = await ServerProgram.start((port) => ({
    path: tool('versitygw', 'bin/versitygw'),
    args: [
      '--quiet',
      '--keep-alive',
      '--port',
      `127.0.0.1:${port}`,
      '--cert',
      certificate.certFile,
      '--key',
      certificate.keyFile,
      'posix',
      folder,
    ],
    logPath: join(folder, 's3.log'),
    env: { ROOT_ACCESS_KEY_ID: 'reader', ROOT_SECRET_ACCESS_KEY: 'very-secret' },
  }));
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function fetch(uri: string, more: Partial<FetchOptions> = {}) {
  const s3 = { endpoint: `https://localhost:${server.port}`, region: '', forcePathStyle: true };
  const options = { credentials: join(folder, 'keys'), caFile: certificate.caFile, dataRoot: folder, workspace };
  return fetchObject(trainingData(uri, { s3 }), { patience: { pauseMs: 10 }, ...options, ...more });
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
    expect(table.files).toBe(1005);
    const [column] = (await readTable(table)).columns;
    expect(column).toMatchObject({ kind: 'Number', values: Float64Array.from({ length: 1005 }, (_, index) => index) });
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

  it.each(['wrong-key', 'wrong-secret'])('refuses keys that are wrong: %s', async (name) => {
    const problem = await problemOf(fetch('s3://lake/telco.csv', { credentials: join(folder, name) }));
    expect(problem).toMatch(/^3 DataUnreachable: .*refuses the credentials .*Secret of secretRef/);
    expect(problem).not.toMatch(/very-secret|guessed/);
  });

  it('is not trusted without its CA', async () => {
    const s3 = { endpoint: `https://localhost:${server.port}`, region: '', forcePathStyle: true };
    const fetched = fetchObject(trainingData('s3://lake/telco.csv', { s3 }), {
      credentials: join(folder, 'keys'),
      dataRoot: folder,
      workspace,
    });
    // Jest's own Error class keeps the S3 client from seeing why; fetch-https.integration.test.ts has the sentence.
    expect(await problemOf(fetched)).toMatch(/^3 DataUnreachable: https:\/\/localhost:\d+ can't be reached/);
  });
});
