const POLL_MS = 400;
const PATIENCE_MS = 420_000;

/**
 * Waits until `look` returns something other than undefined or false, and returns it. What passes by itself may be missed: wait for
 * states that stay. An error thrown by `look` counts as "not yet". Throws after seven minutes, or `patienceMs`, with what was seen last.
 */
export async function until<T>(
  sentence: string,
  look: () => Promise<T | undefined | false>,
  explain: () => Promise<unknown> = () => Promise.resolve(undefined),
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  let problem: unknown;
  while (Date.now() < deadline) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const seen = await explain().catch((error: unknown) => error);
  throw new Error(`Waited in vain until ${sentence}. Last seen: ${JSON.stringify(seen, undefined, 1)}`, {
    cause: problem,
  });
}
