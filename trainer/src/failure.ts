import { trainerExitCodes, type TrainingFailure } from '@churnops/crds';

type Reason = TrainingFailure['reason'];

interface ProblemOptions extends ErrorOptions {
  readonly finding?: TrainingFailure['finding'];
}

/** Which exit code tells the Job, or the shell, what kind of failure it was. */
const exitCodes = {
  DataInvalid: trainerExitCodes.invalid,
  ArtifactTooLarge: trainerExitCodes.invalid,
  DataUnreachable: trainerExitCodes.unreachable,
  ArtifactStoreUnreachable: trainerExitCodes.unreachable,
  RegistryUnreachable: trainerExitCodes.unreachable,
  SecretNotFound: trainerExitCodes.unreachable,
  TrainingFailed: trainerExitCodes.unexpected,
} as const satisfies Record<Reason, number>;

/** Training can't go on for a reason that the user can read and mend: `message` is one sentence that says what to do. */
export class TrainingProblem extends Error {
  readonly reason: Reason;
  readonly finding: TrainingFailure['finding'];

  constructor(reason: Reason, message: string, options?: ProblemOptions) {
    super(message, options);
    this.name = 'TrainingProblem';
    this.reason = reason;
    this.finding = options?.finding;
  }

  /** What is told of it outside of this process. */
  get failure(): TrainingFailure {
    const { reason, message, finding } = this;
    return { reason, message: message.slice(0, 2048), ...(finding !== undefined && { finding }) };
  }

  /** 2: wrong, no retry helps. 3: can't be fetched now. 1: unexpected. */
  get exitCode(): number {
    return exitCodes[this.reason];
  }
}

/** The table or the command is wrong: no retry helps. */
export function dataInvalid(message: string, cause?: unknown): TrainingProblem {
  return new TrainingProblem('DataInvalid', message, { cause });
}

/** The table has something that no model is to be trained on: no retry helps. */
export function dataRefused(finding: NonNullable<TrainingFailure['finding']>, message: string): TrainingProblem {
  return new TrainingProblem('DataInvalid', message, { finding });
}

/** The table can't be fetched now: a later try may help. */
export function dataUnreachable(message: string, cause?: unknown): TrainingProblem {
  return new TrainingProblem('DataUnreachable', message, { cause });
}

/** Node's word for what went wrong, such as ENOENT or ECONNREFUSED. */
export function errorCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
