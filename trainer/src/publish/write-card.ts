import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { artifactKeys } from '@churnops/crds';
import type { CardContent } from '../card/card-content.js';
import { CARD_MARK, modelCard } from '../card/model-card.js';
import { PLOT_CLASS } from '../card/plots/draw-plot.js';
import { dataInvalid, errorCode } from '../failure.js';

/** Endings of pages that a card is not written as. */
const otherPages: ReadonlySet<string> = new Set(['.html', '.htm', '.pdf', '.txt', '.svg', '.doc', '.docx', '.json']);

/**
 * Writes the model card as a file that ends in `.md`, with its plots beside it, or under its usual name into a folder, which is made.
 * Earlier cards are replaced, anything else is not.
 *
 * @returns path of the page
 */
export async function writeCard(content: CardContent, out: string): Promise<string> {
  try {
    const page = await pagePath(out);
    const [directory, stem] = [dirname(page), basename(page, '.md')];
    const files = modelCard(content, stem);
    for (const name of files.keys()) await checkReplaceable(join(directory, name));
    await mkdir(directory, { recursive: true });
    for (const [name, text] of files) {
      await writeFile(join(directory, `${name}.new`), text);
      await rename(join(directory, `${name}.new`), join(directory, name));
    }
    return page;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw dataInvalid(`The model card can't be written to ${out} (${code}): give --out another place.`, error);
  }
}

async function pagePath(out: string): Promise<string> {
  if (await isDirectory(out)) return join(out, artifactKeys.card);
  const ending = extname(out);
  if (ending === '.md' && basename(out) !== '.md') return out;
  if (otherPages.has(ending.toLowerCase()))
    throw dataInvalid(
      `A model card is Markdown with plots as SVG: give --out a file that ends in .md, or a folder, not ${out}.`,
    );
  return join(out, artifactKeys.card);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Refuses to replace what is not a card or one of its plots. */
async function checkReplaceable(path: string): Promise<void> {
  const earlier = await textIfAny(path);
  if (earlier === undefined || earlier.startsWith(CARD_MARK) || earlier.includes(`class="${PLOT_CLASS}"`)) return;
  throw dataInvalid(`${path} is there already and is no model card: give --out another name, or move that file.`);
}

async function textIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
