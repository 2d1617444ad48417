import { z } from 'zod';

/**
 * What serving pods of one model say to each other on the peer port: lines of JSON over one connection that stays open.
 *
 * 1. The router sends a sealed `Hello`; the peer proves with a sealed `Greeting` that it holds a key of the model too and serves
 *    the revision. Only then rows are sent: the address of a pod that is gone may belong to a stranger by now.
 * 2. The router sends sealed `Score` messages without waiting for answers; the peer answers each with an `Answer` or a
 *    `Refusal`, in any order.
 * 3. A peer that shuts down sends `Leaving`: it answers what it has, and wants nothing new.
 *
 * Pods of two releases may meet here: fields are only ever added, and unknown ones are read over.
 */
export const messageLimits = {
  /** Rows of one `Score`. */
  rows: 500,
  /** One row as JSON, in bytes; longer ones are not forwarded. */
  rowBytes: 64 * 1024,
  /** The rows of one `Score` together, in bytes. */
  rowsBytes: 256 * 1024,
  /** A line to a peer, in bytes: rows, the commas between them, and what stands around them. */
  requestBytes: 260 * 1024,
  /** A line before the peers know each other, in bytes. */
  helloBytes: 2 * 1024,
} as const;

/** How long the answer to a number of rows may be, in bytes. */
export function answerBytes(rows: number): number {
  return 64 * 1024 + 256 * rows;
}

const Id = z.int().min(1);
const RevisionName = z.string().max(253);
const Nonce = z.string().regex(/^[0-9a-f]{32}$/);

export const Hello = z.object({ kind: z.literal('Hello'), revision: RevisionName, nonce: Nonce, time: z.int() });
export type Hello = z.infer<typeof Hello>;

/** Repeats the nonce of the `Hello`. */
export const Greeting = z.object({ kind: z.literal('Greeting'), revision: RevisionName, nonce: Nonce });
export type Greeting = z.infer<typeof Greeting>;

export const Score = z.object({
  kind: z.literal('Score'),
  /** Chosen by the router, once per connection. */
  id: Id,
  /** The revision that must answer. */
  revision: RevisionName,
  /** Unix time in milliseconds. */
  time: z.int(),
  /** Whether the router answers the rows itself, whatever the result. */
  copy: z.boolean(),
  rows: z.array(z.unknown()).min(1).max(messageLimits.rows),
});
export type Score = z.infer<typeof Score>;

/** What a router may send. */
export const RouterMessage = z.discriminatedUnion('kind', [Hello, Score]);

export const RefusalReason = z.enum([
  /** The line is not signed with a key of the model. Never answered: the connection ends. */
  'Unsigned',
  /** The line is no message, or too long. Never answered: the connection ends. */
  'Malformed',
  /** Its time is more than 60 s off. */
  'Stale',
  /** It is for a revision that this pod does not serve. */
  'ForeignRevision',
  /** The peer has too much under way for this router. */
  'Busy',
  /** Scoring failed. */
  'Failed',
]);
export type RefusalReason = z.infer<typeof RefusalReason>;

const Refusal = z.object({ kind: z.literal('Refusal'), id: Id, reason: z.string().max(64) });

/** The result of one row; null when the row does not fit the peer's contract. */
const PeerResult = z
  .object({
    probability: z.number().min(0).max(1),
    churn: z.boolean(),
    warnings: z.array(z.string()).readonly().optional(),
  })
  .nullable();
export type PeerResult = z.infer<typeof PeerResult>;

const Answer = z.object({
  kind: z.literal('Answer'),
  id: Id,
  revision: RevisionName,
  threshold: z.number().min(0).max(1),
  /** In the order of the rows. */
  results: z.array(PeerResult).max(messageLimits.rows),
});
export type Answer = z.infer<typeof Answer>;

/** What a peer may send after its `Greeting`. */
export const PeerMessage = z.discriminatedUnion('kind', [Answer, Refusal, z.object({ kind: z.literal('Leaving') })]);
export type PeerMessage = z.infer<typeof PeerMessage>;

/**
 * The document of a `Score`.
 *
 * @param rows Each as JSON already.
 */
export function scoreDocument({ rows, ...head }: Omit<Score, 'kind' | 'rows'> & { rows: readonly string[] }): string {
  // What stands before the rows ends with a brace, which the list of rows takes the place of.
  return `${JSON.stringify({ kind: 'Score', ...head }).slice(0, -1)},"rows":[${rows.join(',')}]}`;
}

/** Parses a line; undefined when it is no JSON or has another shape. */
export function parseLine<Message>(schema: z.ZodType<Message>, line: string): Message | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
