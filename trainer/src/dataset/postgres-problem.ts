import { DatabaseError } from 'pg';
import { TrainingProblem, dataInvalid, dataUnreachable, errorCode } from '../failure.js';
import { networkProblem } from '../network/network-problem.js';
import { dataService } from '../network/service.js';
import type { FailedTry } from '../network/with-retry.js';

/** Where a table is that a query makes. */
export interface Database {
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

/** What a failed query or connection means for the user, and whether to try again at once. */
export function explainPostgres(cause: unknown, database: Database): FailedTry {
  if (cause instanceof DatabaseError) return explainAnswer(cause, database);
  const { uri, host, port } = database;
  const message = cause instanceof Error && errorCode(cause) === undefined ? cause.message : '';
  if (/does not support SSL/.test(message)) {
    const advice = 'set spec.data.postgres.tlsMode to Disable if it is to be read in clear';
    return { error: dataUnreachable(`The database ${uri} does not speak TLS: ${advice}.`, cause), retry: false };
  }
  if (/password must be a/.test(message)) return { error: wrongLogin(cause, database), retry: false };
  const known = brokenConnection(message, cause) ?? cause;
  return networkProblem(known, { name: `${host}:${port}`, uri, field: 'spec.data.uri', service: dataService });
}

/** The client has words of its own, and no code, for a connection that ends. */
function brokenConnection(message: string, cause: unknown): Error | undefined {
  if (/timeout|stopped answering/.test(message))
    return Object.assign(new Error(message, { cause }), { code: 'ETIMEDOUT' });
  if (/terminated|closed/.test(message)) return Object.assign(new Error(message, { cause }), { code: 'ECONNRESET' });
  return undefined;
}

type Explanation = (cause: DatabaseError, database: Database) => TrainingProblem;

/**
 * By the beginning of SQLSTATE; the first that fits. The server's words are taken over only where they speak of names, never where
 * they may carry a value of the table.
 */
const explanations: readonly (readonly [begins: RegExp, Explanation])[] = [
  [/^28/, wrongLogin],
  [/^3D000/, (cause, { uri, host, name }) => dataInvalid(`${host} has no database "${name}" (${uri}).`, cause)],
  [
    /^42501/,
    (cause) =>
      dataUnreachable(
        `The login of spec.data.secretRef may not read what the query names (${cause.message}): grant it SELECT.`,
        cause,
      ),
  ],
  [
    /^25006/,
    (cause, { uri }) =>
      dataInvalid(`The query of spec.data.query writes to ${uri}, which is not allowed: use a plain SELECT.`, cause),
  ],
  [
    /^(42|0A)/,
    (cause) =>
      dataInvalid(
        `The database refuses the query of spec.data.query: ${cause.message}${hintOf(cause)}. Mend it.`,
        cause,
      ),
  ],
  [
    /^57014/,
    (cause, { uri }) =>
      dataUnreachable(
        `The query took too long in ${uri}: make it quicker, or raise spec.data.postgres.statementTimeoutSeconds.`,
        cause,
      ),
  ],
  [
    /^(08|40|53|57P)/,
    (cause, { uri }) =>
      dataUnreachable(`The database ${uri} can't answer now (SQLSTATE ${cause.code ?? ''}): look at its state.`, cause),
  ],
  [
    /^/,
    (cause, { uri }) =>
      dataInvalid(
        `The query of spec.data.query fails in ${uri} (SQLSTATE ${cause.code ?? ''}): run it by hand to see where.`,
        cause,
      ),
  ],
];

/** A database that starts, stops or has too many guests may answer soon. */
const passing = /^(08|40|53|57P)/;

function explainAnswer(cause: DatabaseError, database: Database): FailedTry {
  const code = cause.code ?? '';
  const [, explanation = wrongLogin] = explanations.find(([begins]) => begins.test(code)) ?? [];
  return { error: explanation(cause, database), retry: passing.test(code) };
}

function wrongLogin(cause: unknown, { uri }: Database): TrainingProblem {
  if (cause instanceof Error && /no encryption/.test(cause.message)) {
    return dataUnreachable(`The database ${uri} wants TLS: set spec.data.postgres.tlsMode to VerifyFull.`, cause);
  }
  return dataUnreachable(
    `${uri} refuses the login: check username and password in the Secret of spec.data.secretRef.`,
    cause,
  );
}

/** Such as: Perhaps you meant to reference the column "customers.tenure" */
function hintOf({ hint }: DatabaseError): string {
  return hint === undefined ? '' : ` (${hint.replace(/\.$/, '')})`;
}
