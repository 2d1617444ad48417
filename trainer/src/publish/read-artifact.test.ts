import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { trainedManifest } from '../fixtures/judged-model.js';
import { tenCustomers } from '../fixtures/ten-customers.js';
import { makeArtifact } from './artifact.js';
import { parseReportObject, readReport } from './read-artifact.js';

const { run, ...manifest } = trainedManifest();
const made = makeArtifact({ manifest, onnx: new Uint8Array(3), replay: undefined, card: tenCustomers }, run);

const files = { 'manifest.json': made.manifestText, 'report.json': made.reportText };

function object(data: object, kind = 'ConfigMap'): string {
  return JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'telco-1-artifact' }, data });
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-read-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the report of an artifact', () => {
  it('is read from a folder, and from a ConfigMap', async () => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const { manifest, report } = made;
    expect(await readReport(folder)).toEqual({ manifest, report });
    expect(parseReportObject(object(files))).toEqual({ manifest, report });
  });

  it.each([
    ['no folder', undefined, /manifest\.json can't be read in .*\(ENOENT\): name a folder that "churnops train" wrote/],
    ['a folder without a report', { 'manifest.json': made.manifestText }, /report\.json can't be read in/],
  ])('is missed in %s with one sentence', async (_, content, sentence) => {
    for (const [name, text] of Object.entries(content ?? {})) await writeFile(join(folder, name), text);
    const place = content === undefined ? join(folder, 'nowhere') : folder;
    await expect(readReport(place)).rejects.toThrow(sentence);
  });

  it.each([
    ['that is empty', '', /is not one ConfigMap as JSON/],
    ['that is no JSON', 'Error from server (NotFound)', /is not one ConfigMap as JSON/],
    ['with a list', JSON.stringify({ kind: 'List', items: [] }), /is not one ConfigMap as JSON/],
    ['with a Secret', object(files, 'Secret'), /is not one ConfigMap as JSON/],
    [
      'with an unfinished artifact',
      object({ 'progress.json': '{}' }),
      /no finished artifact in the ConfigMap telco-1-art/,
    ],
    [
      'with a broken manifest',
      object({ ...files, 'manifest.json': '{' }),
      /manifest\.json in the ConfigMap .* can't be read/,
    ],
    [
      'with a broken report',
      object({ ...files, 'report.json': '{"metrics":1}' }),
      /report\.json in the ConfigMap .* can't be read/,
    ],
    [
      'of another release',
      object({ ...files, 'manifest.json': '{"version":"churnops.dev/artifact/v9"}' }),
      /has the version churnops\.dev\/artifact\/v9, and this release reads churnops\.dev\/artifact\/v1/,
    ],
    [
      'whose files are of two trainings',
      object({ ...files, 'manifest.json': `${made.manifestText} ` }),
      /are not of one training/,
    ],
  ])('is not read from input %s, and one sentence says why', (_, text, sentence) => {
    expect(() => parseReportObject(text)).toThrow(sentence);
  });
});
