import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generatedFiles } from './generated-files.js';

const root = join(import.meta.dirname, '../../..');

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is what `make generate` writes', async (path, content) => {
    expect(await readFile(join(root, path), 'utf8')).toBe(content);
  });
});
