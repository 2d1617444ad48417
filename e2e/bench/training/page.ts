import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { repositoryRoot } from '../../harness/repository-root.js';
import { machine } from '../machine.js';

/** A part of the page: what was measured at one time. */
export interface Section {
  readonly title: string;
  /** What is measured, and how. */
  readonly about: string;
  /** Tables and sentences in Markdown. */
  readonly figures: string;
}

const page = join(repositoryRoot(), 'docs', 'benchmarks-training.md');

const introduction = `# Benchmarks of training

\`make bench-training\` measures what is on this page and writes it; it takes hours, and \`PARTS\` runs some of it. The peer is Python, as a
data scientist would write it: pandas, NumPy, scikit-learn and XGBoost, in \`e2e/bench/training/peer\`. The bench installs it into
\`.cache\` from the Python package index, with pinned versions and checksums. Both take turns on one machine; libgomp's waiting threads sleep on both sides.
CPU is user and system time of all processes, memory the peak that the kernel tells of each, added up. Times of a shared machine are no
more than ratios. No test asserts a time.

Not all sets may be shipped: \`make bench-training DATA=FOLDER\` also takes \`iranian.csv\` (UCI 563) from a folder of yours.
`;

/** Writes a section in the place of the one with its title; others stay as they were measured. */
export async function writeSection({ title, about, figures }: Section, versions: string): Promise<void> {
  const text = [`## ${title}`, about, figures, machine(versions)].join('\n\n');
  const old = existsSync(page) ? await readFile(page, 'utf8') : introduction;
  const [, ...sections] = old.split(/^(?=## )/m);
  const kept = sections.some((section) => section.startsWith(`## ${title}\n`))
    ? sections.map((section) => (section.startsWith(`## ${title}\n`) ? text : section))
    : [...sections, text];
  const whole = [introduction, ...kept].map((part) => part.trim()).join('\n\n');
  await writeFile(page, await format(whole, { parser: 'markdown', printWidth: 120 }));
}
