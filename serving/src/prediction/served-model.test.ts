import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { rowEncoder } from '../model/row-encoder.js';
import { exampleRow } from './served-model.js';

const path = join(import.meta.dirname, '..', 'fixtures', 'artifact', 'manifest.json');
const manifest = Manifest.parse(JSON.parse(readFileSync(path, 'utf8')));

describe('the example of the documentation', () => {
  it('is a row that the model takes without a warning', () => {
    const encoder = rowEncoder(manifest);
    const outcome = encoder.encode(exampleRow(manifest), new Float32Array(encoder.width), 0);
    expect(outcome).toMatchObject({ kind: 'Encoded', unseen: [] });
  });

  it('is no customer of the training table', () => {
    const example = JSON.stringify(exampleRow(manifest));
    for (const { row } of manifest.goldenRows) {
      const features = manifest.features.map(({ name }) => [name, row[name]]);
      expect(JSON.stringify(Object.fromEntries(features))).not.toBe(example);
    }
  });
});
