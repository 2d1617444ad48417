#!/usr/bin/env node
import { trainerExitCodes } from '@churnops/crds';
import { Command, CommanderError } from 'commander';
import { Interrupted } from './commands/interruption.js';
import { registerCommand } from './commands/register-command.js';
import { reportCommand } from './commands/report-command.js';
import { removeCommand } from './commands/remove-command.js';
import { runCommand } from './commands/run-command.js';
import { trainCommand } from './commands/train-command.js';
import { environment } from './config.js';
import { TrainingProblem } from './failure.js';
import { churnopsVersion } from './version.js';

async function main(): Promise<void> {
  const env = environment();
  const program = new Command('churnops').version(churnopsVersion).exitOverride();
  // Wrong use is answered with one sentence.
  program.showSuggestionAfterError(false);
  for (const command of [
    trainCommand(env),
    reportCommand(),
    runCommand(env),
    removeCommand(env),
    registerCommand(env),
  ]) {
    command.copyInheritedSettings(program);
    program.addCommand(command);
  }
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Says what went wrong in one sentence, or with a stack when nobody foresaw it; returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : trainerExitCodes.invalid;
  if (error instanceof TrainingProblem || error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return trainerExitCodes.unexpected;
}

await main();
