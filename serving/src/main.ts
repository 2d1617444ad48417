#!/usr/bin/env node
import { ARTIFACT_EXIT_CODE } from '@churnops/crds';
import { Command, CommanderError } from 'commander';
import { fetchCommand } from './commands/fetch-command.js';
import { podCommand } from './commands/pod-command.js';
import { serveCommand } from './commands/serve-command.js';
import { UsageError } from './commands/usage-error.js';
import { ArtifactError } from './model/artifact-error.js';
import { scoreCommand } from './scoring/score-command.js';

const USAGE_EXIT_CODE = 2;

function program(): Command {
  const root = new Command('churnops')
    .description('Serve a churn model, or score a list with it.')
    .addCommand(podCommand())
    .addCommand(fetchCommand())
    .addCommand(serveCommand())
    .addCommand(scoreCommand());
  for (const command of [root, ...root.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError(false)
      .configureOutput({ outputError: () => undefined });
  }
  return root;
}

async function main(): Promise<void> {
  if (process.argv.length === 2)
    throw new UsageError('Name a command: pod, fetch, serve or score; --help describes them.');
  await program().parseAsync();
}

/** One sentence for what the user can mend; everything else keeps its stack, because it is our fault. */
function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    if (error.exitCode !== 0) process.stderr.write(`${sentence(error.message)}\n`);
  } else if (error instanceof UsageError) {
    process.exitCode = USAGE_EXIT_CODE;
    process.stderr.write(`${error.message}\n`);
  } else if (error instanceof ArtifactError) {
    process.exitCode = ARTIFACT_EXIT_CODE;
    process.stderr.write(`${error.message}\n`);
  } else {
    process.exitCode = 1;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

/** Commander writes `error: unknown option '--prot'`. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '');
  const capitalised = text.charAt(0).toUpperCase() + text.slice(1);
  return `${capitalised.replace(/\.$/, '')}; --help shows how to use it.`;
}

await main().catch(fail);
