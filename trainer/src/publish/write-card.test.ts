import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgedModel } from '../fixtures/judged-model.js';
import { writeCard } from './write-card.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-card-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const plots = ['calibration', 'data', 'importance', 'lift', 'precision-recall', 'roc', 'scores'];
const named = (stem: string) => [...plots.map((plot) => `${stem}-${plot}.svg`), `${stem}.md`].sort();

describe('a model card', () => {
  it.each([
    ['a folder that is there', '.', 'model-card.md', 'model-card'],
    ['a folder that is not there yet', 'new/cards', 'new/cards/model-card.md', 'model-card'],
    ['a folder with a point in its name', 'cards.v1', 'cards.v1/model-card.md', 'model-card'],
    ['a file', 'telco.md', 'telco.md', 'telco'],
    ['a file in a folder that is not there yet', 'new/telco.md', 'new/telco.md', 'telco'],
  ])('is written to %s', async (_, out, page, stem) => {
    expect(await writeCard(judgedModel(), join(folder, out))).toBe(join(folder, page));
    expect((await readdir(join(folder, page, '..'))).sort()).toEqual(named(stem));
  });

  it('replaces an earlier one', async () => {
    const out = join(folder, 'telco.md');
    await writeCard(judgedModel('spend'), out);
    await writeCard(judgedModel('tenure'), out);
    expect(await readFile(out, 'utf8')).toContain('tenure');
    expect((await readdir(folder)).sort()).toEqual(named('telco'));
  });

  it.each([
    ['a page', 'telco.md', '# My notes\n'],
    ['a picture', 'telco-roc.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>\n'],
    ['an empty file', 'telco.md', ''],
  ])('replaces no %s of somebody else, and writes nothing then', async (_, name, content) => {
    await writeFile(join(folder, name), content);
    await expect(writeCard(judgedModel(), join(folder, 'telco.md'))).rejects.toThrow(
      `${join(folder, name)} is there already and is no model card`,
    );
    expect(await readdir(folder)).toEqual([name]);
    expect(await readFile(join(folder, name), 'utf8')).toBe(content);
  });

  it.each(['card.html', 'card.PDF', 'card.svg'])('is not written as %s', async (name) => {
    await expect(writeCard(judgedModel(), join(folder, name))).rejects.toThrow(/a file that ends in \.md, or a folder/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not written below a file, and the file is named', async () => {
    await writeFile(join(folder, 'file'), 'mine');
    const out = join(folder, 'file/card.md');
    await expect(writeCard(judgedModel(), out)).rejects.toThrow(`can't be written to ${out} (ENOTDIR)`);
  });

  it('is not written in place of a folder with the name of a plot', async () => {
    await mkdir(join(folder, 'telco-roc.svg'));
    await expect(writeCard(judgedModel(), join(folder, 'telco.md'))).rejects.toThrow(/EISDIR/);
    expect(await readdir(folder)).toEqual(['telco-roc.svg']);
  });
});
