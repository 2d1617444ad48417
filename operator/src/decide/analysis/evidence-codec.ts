import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { Evidence } from './evidence.js';
import { thinned } from './last-counters.js';
import type { SourceEvidence } from './source-evidence.js';

/** What fits into the status of a revision. */
export const MAX_ENCODED_LENGTH = 65_536;
/** What so short a text can be of ours: a longer one was made to fill the memory. */
const MAX_DECODED_BYTES = 4_194_304;
const VERSION = 1;

const Stored = z.strictObject({ version: z.literal(VERSION), evidence: Evidence });

/** A text that holds no evidence of this version. */
export class EvidenceUnusable extends Error {
  override readonly name = 'EvidenceUnusable';
}

/**
 * The evidence as one text of at most 64 Ki characters: JSON, deflated, in base64. Where it would be longer, the counters of some
 * pods are left out: what they count until they are read again is lost.
 */
export function encodedEvidence(evidence: Evidence): string {
  const stored: z.infer<typeof Stored> = { version: VERSION, evidence };
  const text = deflateRawSync(JSON.stringify(stored)).toString('base64');
  return text.length <= MAX_ENCODED_LENGTH ? text : encodedEvidence(lighter(evidence));
}

/** The evidence in such a text. Throws `EvidenceUnusable` with the reason for any other text. */
export function decodedEvidence(text: string): Evidence {
  if (text.length > MAX_ENCODED_LENGTH) throw unusable(`it has ${text.length} characters`);
  const read = Stored.safeParse(parsed(text));
  if (read.success) return read.data.evidence;
  throw unusable(z.prettifyError(read.error), read.error);
}

function lighter(evidence: Evidence): Evidence {
  const thin = (source: SourceEvidence) => ({ ...source, counters: thinned(source.counters) });
  const before = { ...evidence.before, counters: thinned(evidence.before.counters) };
  const bake = evidence.bake && { ...evidence.bake, counters: thinned(evidence.bake.counters) };
  return { live: thin(evidence.live), replay: thin(evidence.replay), before, ...(bake && { bake }) };
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
