import { Command, CommanderError } from 'commander';
import { CommandFailure } from './commands/command-failure.js';
import { historyCommand } from './commands/history-command.js';

const USAGE_EXIT_CODE = 2;

await program().parseAsync().catch(fail);

/** What people run, as `churnops history`; the operator itself is `main.ts`. */
function program(): Command {
  const root = new Command('churnops').description('Ask a cluster about its models.').addCommand(historyCommand());
  for (const command of [root, ...root.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError(false)
      .configureOutput({ outputError: () => undefined });
  }
  return root;
}

/** One sentence for what the user can mend; everything else keeps its stack, because it is our fault. */
function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    if (error.exitCode !== 0) process.stderr.write(`${sentence(error.message)}\n`);
  } else if (error instanceof CommandFailure) {
    process.exitCode = error.exitCode;
    process.stderr.write(`${error.message}\n`);
  } else {
    process.exitCode = 1;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

/** Commander writes `error: unknown option '--outptu'`. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '');
  const capitalised = text.charAt(0).toUpperCase() + text.slice(1);
  return `${capitalised.replace(/\.$/, '')}; --help shows how to use it.`;
}
