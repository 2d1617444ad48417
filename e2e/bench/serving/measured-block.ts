import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { repositoryRoot } from '../../harness/repository-root.js';

const page = join(repositoryRoot(), 'docs', 'benchmarks.md');

/**
 * Writes figures between `<!-- measured: NAME -->` and `<!-- end -->` of docs/benchmarks.md; what people wrote around stays.
 *
 * @throws Error when the page has no such place.
 */
export async function writeBlock(name: string, figures: string): Promise<void> {
  const old = await readFile(page, 'utf8');
  const place = new RegExp(`(<!-- measured: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!place.test(old)) throw new Error(`docs/benchmarks.md has no place for "${name}".`);
  const whole = old.replace(place, (_, start: string, end: string) => `${start}\n${figures}\n\n${end}`);
  await writeFile(page, await format(whole, { parser: 'markdown', printWidth: 120 }));
}
