import { open, stat } from 'node:fs/promises';
import { z } from 'zod';

const AuditEntry = z.looseObject({
  auditID: z.string(),
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().default(''),
  user: z.looseObject({ username: z.string().default('') }).default({ username: '' }),
  objectRef: z
    .looseObject({
      resource: z.string().default(''),
      subresource: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().default(''),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number().default(0) }).optional(),
  requestReceivedTimestamp: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Where the log ends now, in bytes: what comes later is read with `readAuditLog`. */
export async function endOfAuditLog(path: string): Promise<number> {
  return (await stat(path)).size;
}

/** All finished requests, in the order of their end; with `from` only those after that place. */
export async function readAuditLog(path: string, from = 0): Promise<AuditEntry[]> {
  const lines = (await textFrom(path, from)).split('\n');
  // The first line may have begun before, the last one may still be in the writing.
  if (from > 0) lines.shift();
  lines.pop();
  return lines.filter((line) => line !== '').map((line) => AuditEntry.parse(JSON.parse(line)));
}

/** Those that write; `userAgent` (its beginning) says whose. */
export function writesOf(entries: readonly AuditEntry[], userAgent = ''): AuditEntry[] {
  return entries.filter((entry) => WRITES.has(entry.verb) && entry.userAgent.startsWith(userAgent));
}

async function textFrom(path: string, from: number): Promise<string> {
  const file = await open(path);
  try {
    // One byte earlier ends the line before, so that the first line is never a whole one.
    const stream = file.createReadStream({ start: Math.max(0, from - 1), encoding: 'utf8', autoClose: false });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  } finally {
    await file.close();
  }
}
