import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generatedFiles } from './generate/generated-files.js';

// Run from the root of the repository: `node crds/dist/generate.js`.
for (const [path, content] of generatedFiles()) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
