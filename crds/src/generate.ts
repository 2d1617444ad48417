import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { chartReadme } from './generate/chart-readme.js';
import { generatedFiles } from './generate/generated-files.js';

// Run from the root of the repository: `node crds/dist/generate.js`.
for (const [path, content] of generatedFiles()) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

// This one is in part written by hand.
const chart = 'charts/churnops';
const [readme, values] = await Promise.all([
  readFile(`${chart}/README.md`, 'utf8'),
  readFile(`${chart}/values.yaml`, 'utf8'),
]);
await writeFile(`${chart}/README.md`, chartReadme(readme, values));
