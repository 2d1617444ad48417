import { readConfig } from './config.js';
import { startOperator } from './start-operator.js';

await main();

/** Runs until SIGTERM or SIGINT. Exit code 1 when the operator broke: the pod is then restarted. */
async function main(): Promise<void> {
  try {
    const operator = await startOperator(readConfig(process.env));
    const stop = () => void operator.stop().catch(() => undefined);
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    // A failure is logged where it is found.
    await operator.ended.catch(() => {
      process.exitCode = 1;
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
