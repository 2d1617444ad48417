import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { Evidence } from './evidence.js';

/** What fits into the status of a revision. */
export const MAX_ENCODED_LENGTH = 65_536;
/** What so short a text can be of ours: a longer one was made to fill the memory. */
const MAX_DECODED_BYTES = 4_194_304;
const VERSION = 1;

const Stored = z.strictObject({ version: z.literal(VERSION), evidence: Evidence });

/** A text that holds no evidence of this version, or evidence that is too large to be stored. */
export class EvidenceUnusable extends Error {
  override readonly name = 'EvidenceUnusable';
}

/** The evidence as one text of at most 64 Ki characters: JSON, deflated, in base64. Throws `EvidenceUnusable` when it is longer. */
export function encodedEvidence(evidence: Evidence): string {
  const stored: z.infer<typeof Stored> = { version: VERSION, evidence };
  const text = deflateRawSync(JSON.stringify(stored)).toString('base64');
  if (text.length <= MAX_ENCODED_LENGTH) return text;
  throw new EvidenceUnusable(
    `The evidence takes ${text.length} characters, and ${MAX_ENCODED_LENGTH} can be stored: ${Object.keys(evidence.counters).length} pods count requests`,
  );
}

/** The evidence in such a text. Throws `EvidenceUnusable` with the reason for any other text. */
export function decodedEvidence(text: string): Evidence {
  if (text.length > MAX_ENCODED_LENGTH) throw unusable(`it has ${text.length} characters`);
  const read = Stored.safeParse(parsed(text));
  if (read.success) return read.data.evidence;
  throw unusable(z.prettifyError(read.error), read.error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(inflateRawSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_DECODED_BYTES }).toString());
  } catch (cause) {
    throw unusable('it is not deflated JSON in base64', cause);
  }
}

function unusable(why: string, cause?: unknown): EvidenceUnusable {
  return new EvidenceUnusable(`The stored evidence of the canary can't be used, since ${why}`, { cause });
}
