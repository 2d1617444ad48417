import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { expect, it } from '@jest/globals';
import { Explainer } from './explainer.js';

const path = join(import.meta.dirname, '..', 'fixtures', 'artifact', 'manifest.json');
const manifest = Manifest.parse(JSON.parse(await readFile(path, 'utf8')));

it('refuses rows while 1,000 others wait, and no longer', async () => {
  const explainer = new Explainer({ folder: '/nowhere', manifest });
  const rows = (count: number) => new Float32Array(count * manifest.model.width);
  const waiting = Array.from({ length: 10 }, () => explainer.explain(rows(100), 5));
  const settled = Promise.allSettled(waiting);
  await expect(explainer.explain(rows(1), 5)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  await settled;
  // There is no model in that folder: it was looked for again.
  await expect(explainer.explain(rows(1), 5)).rejects.toThrow('model.onnx');
});
