import { z } from 'zod';
import type { Subject } from './contenders.js';
import { batchesOf } from './contenders.js';

const Scored = z.object({ probability: z.number().min(0).max(1) });
const Batch = z.object({ results: z.array(Scored) });

/** Figures of servers that answer differently would mean nothing. */
const TOLERANCE = 1e-5;

/**
 * Asks servers about the same customers, one at a time and all at once.
 *
 * @returns The largest difference between two probabilities of a customer.
 * @throws Error when it is above 1e-5.
 */
export async function requireSameAnswers(subjects: readonly Subject[], customers: readonly string[]): Promise<number> {
  const [batch = ''] = batchesOf(customers, customers.length);
  const answers: number[][] = [];
  for (const subject of subjects) {
    const single = async (customer: string) => Scored.parse(await post(subject, '/predict', customer)).probability;
    answers.push(await Promise.all(customers.map(single)));
    const { results } = Batch.parse(await post(subject, '/predict/batch', batch));
    answers.push(results.map(({ probability }) => probability));
  }
  const spread = (customer: number) => {
    const all = answers.map((probabilities) => probabilities[customer] ?? Number.NaN);
    return Math.max(...all) - Math.min(...all);
  };
  const worst = Math.max(...customers.map((_, customer) => spread(customer)));
  // Not `worst > TOLERANCE`: an answer that is missing makes it NaN.
  if (!(worst <= TOLERANCE)) throw new Error(`Servers that should answer the same are ${worst} apart.`);
  return worst;
}

async function post({ port, headers }: Subject, path: string, body: string): Promise<unknown> {
  const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, options);
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
