import { z } from 'zod';
import { Problem } from './problem.js';

/** Features that reasons list unless another number is asked for. */
export const USUAL_LISTED = 5;

/** The most that may be asked for. */
export const MOST_LISTED = 100;

const Query = z.object({
  explain: z.enum(['true', 'false']).optional(),
  top: z
    .string()
    .regex(/^[1-9]\d{0,2}$/)
    .transform(Number)
    .pipe(z.number().max(MOST_LISTED))
    .optional(),
});

/** What the query of a request asks for. */
export interface ExplainQuery {
  readonly explain: boolean;
  /** Features to list, at most. */
  readonly listed: number;
}

/** Most requests ask for nothing: they need not be checked. */
const unasked: ExplainQuery = { explain: false, listed: USUAL_LISTED };

/** @throws Problem 400 with the parameters that can't be used. */
export function explainQuery(query: object): ExplainQuery {
  if (Object.keys(query).length === 0) return unasked;
  const parsed = Query.safeParse(query);
  if (parsed.success) return { explain: parsed.data.explain === 'true', listed: parsed.data.top ?? USUAL_LISTED };
  const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
  const sentences = { explain: 'explain is true or false.', top: `top is a whole number from 1 to ${MOST_LISTED}.` };
  const detail = Object.entries(sentences).flatMap(([name, sentence]) => (wrong.has(name) ? [sentence] : []));
  throw new Problem('invalid-request', detail.join(' '));
}
