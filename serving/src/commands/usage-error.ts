/** The command was used wrongly. The message is one sentence; the process ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
