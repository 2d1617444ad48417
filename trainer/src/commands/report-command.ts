import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { z } from 'zod';
import { parseReportObject, readReport } from '../publish/read-artifact.js';
import { writeCard } from '../publish/write-card.js';
import { renderReport } from '../report.js';

const ReportOptions = z.object({ out: z.string().min(1).optional() });

const examples = `
Examples:
  churnops report model
  churnops report model --out card
  churnops report model --out telco.md
  kubectl get configmap telco-3-artifact-1f0c9a2b -n retention -o json | churnops report - --out card

Prints how good the model is. With --out it also writes the model card, Markdown with plots as SVG: as model-card.md into a folder,
which is made, or as a file that ends in .md, with the plots beside it. An earlier card there is replaced, any other file is not.
Exit codes: 0 done; 2 the folder holds no artifact, or the card can't be written.`;

/** `report`: what a training found, again, and its model card. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Tell how good a trained model is, and write its model card')
    .argument(
      '<folder>',
      'folder that "churnops train" wrote; - reads an artifact ConfigMap as JSON from standard input',
    )
    .option('--out <file or folder>', 'write the model card there')
    .addHelpText('after', examples)
    .action(async (folder: string, raw: unknown) => {
      await runReport(folder, ReportOptions.parse(raw).out);
    });
}

async function runReport(folder: string, out: string | undefined): Promise<void> {
  const isFolder = folder !== '-';
  const artifact = isFolder ? await readReport(resolve(folder)) : parseReportObject(await text(process.stdin));
  const page = out === undefined ? undefined : await writeCard(artifact, resolve(out));
  process.stdout.write(renderReport(artifact, isFolder ? folder : undefined));
  if (page !== undefined) process.stdout.write(`\nModel card: ${page}\n`);
}
