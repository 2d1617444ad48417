/** What a command ends with. */
export const exitCodes = {
  /** What was asked about is not as it should be. */
  broken: 1,
  /** The command was used wrongly. */
  usage: 2,
  /** The cluster could not be asked, or does not have what was named. */
  unavailable: 3,
} as const;

/** A command can't do what it was told. The message is a sentence that says what to do. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
