import { ports } from '@churnops/crds';

/** Longer pages are refused: a page of a pod has some dozens of KiB. */
const MAX_BYTES = 2_097_152;
const TIMEOUT_MS = 3_000;

/**
 * The metrics page of a pod, asked for at its own address. Throws with a reason for people when there is none within 3 s, or one of
 * more than 2 MiB.
 */
export async function readPage(address: string): Promise<string> {
  const host = address.includes(':') ? `[${address}]` : address;
  const response = await fetch(`http://${host}:${ports.metrics.number}/metrics`, {
    // The image is the user's: it must not make the operator ask for other addresses.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok || response.body === null) throw new Error(`it answers with status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = response.body;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`its page is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
