import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const AuditEntry = z.looseObject({
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

/** All finished requests so far, in the order of their end. */
export async function readAuditLog(path: string): Promise<AuditEntry[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  // The last line may still be in the writing.
  lines.pop();
  return lines.filter((line) => line !== '').map((line) => AuditEntry.parse(JSON.parse(line)));
}

/** Those that write; `userAgent` (its beginning) says whose. */
export function writesOf(entries: readonly AuditEntry[], userAgent = ''): AuditEntry[] {
  return entries.filter((entry) => WRITES.has(entry.verb) && entry.userAgent.startsWith(userAgent));
}
