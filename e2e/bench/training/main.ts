/**
 * How good models are, what the leak guard and the gates find, and what training costs, beside Python.
 *
 *   node e2e/dist/bench/training/main.js [--parts quality,leaks,gates,parity,scale] [--data DIR] [--seeds 5] [--trials 16]
 *     [--tables 200] [--pairs 40] [--rows 100000,1000000] [--folder DIR] [--dry]
 *
 * Writes the measured sections of docs/benchmarks-training.md; with --dry it prints them.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { preparePeer } from './contenders.js';
import { judgeGates } from './gates.js';
import { judgeLeakGuard } from './leaks.js';
import type { Section } from './page.js';
import { writeSection } from './page.js';
import { judgeParity } from './parity.js';
import { judgeQuality } from './quality.js';
import { judgeScale } from './scale.js';

const Part = z.enum(['quality', 'leaks', 'gates', 'parity', 'scale']);
type Part = z.infer<typeof Part>;

const count = z.coerce.number().int().min(1);
const list = (text: string) => text.split(',').filter((part) => part !== '');
const Options = z.object({
  parts: z.string().transform(list).pipe(z.array(Part)),
  data: z
    .string()
    .optional()
    .transform((folder) => (folder === '' ? undefined : folder)),
  seeds: count,
  trials: count,
  tables: count,
  pairs: count,
  rows: z
    .string()
    .transform((text) => list(text).map(Number))
    .pipe(z.array(z.number().int().min(1))),
  folder: z.string().optional(),
  dry: z.boolean(),
});
type Options = z.infer<typeof Options>;

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      parts: { type: 'string', default: Part.options.join(',') },
      data: { type: 'string' },
      seeds: { type: 'string', default: '5' },
      trials: { type: 'string', default: '16' },
      tables: { type: 'string', default: '200' },
      pairs: { type: 'string', default: '40' },
      rows: { type: 'string', default: '100000,1000000,5000000' },
      folder: { type: 'string' },
      dry: { type: 'boolean', default: false },
    },
  });
  return Options.parse(values);
}

async function measure(part: Part, options: Options, folder: string): Promise<Section> {
  switch (part) {
    case 'quality':
      return {
        title: 'How good the models are',
        about:
          'Fixed rows to learn from and to be judged on (`e2e/samples/data/splits`). Both search parameters at random, five folds, early stopping, and take the threshold of the best F1 on rows that the models had not seen. `interactions` and `drifting` are made by the bench: combinations of hundreds of categories; holes that depend on the label, and noise that drifts.',
        figures: await judgeQuality({ ...options, folder }),
      };
    case 'leaks':
      return {
        title: 'What the leak guard finds',
        about: 'Tables with one planted column, and tables without, through `churnops train`.',
        figures: await judgeLeakGuard({ ...options, folder }),
      };
    case 'gates':
      return {
        title: 'What the gates refuse',
        about:
          'Models of Telco. Each has a seed of its own, has forgotten another tenth of the customers, and is compared with the one before on the same held-out rows. Then models that learned from worse rows, compared on held-out rows that are as they were.',
        figures: await judgeGates({ ...options, folder }),
      };
    case 'parity':
      return {
        title: 'Parity with Python',
        about:
          'The graph of a trained model in the Python ONNX Runtime against a model that XGBoost in Python trains anew, from a matrix that NumPy encodes by the manifest, with its parameters and its sigmoid. Largest difference of two probabilities, 10,000 rows.',
        figures: await judgeParity(folder),
      };
    case 'scale':
      return {
        title: 'What training costs',
        about:
          'Tables like Telco (19 features, a key), fixed parameters, 200 trees of depth 6 (100 from 5,000,000 rows on). `churnops train` reads and checks the table, looks for leaks and duplicates, trains five models for the threshold and the calibration (above 500,000 rows on a sample of 200,000) and one that is served, judges it with intervals, and checks the export. `the same steps`: Python that reads, encodes by the manifest with NumPy, trains five models and one. `one fit`: that without the five.',
        figures: await judgeScale({ folder, sizes: options.rows }),
      };
  }
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  const versions = await preparePeer();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'churnops-bench-')));
  await mkdir(folder, { recursive: true });
  try {
    for (const part of options.parts) {
      const section = await measure(part, options, folder);
      process.stdout.write(`## ${section.title}\n\n${section.figures}\n\n`);
      if (!options.dry) await writeSection(section, versions);
    }
  } finally {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

await main();
