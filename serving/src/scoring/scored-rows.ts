import type { Manifest } from '@churnops/crds';
import type { CustomerList } from './customer-list.js';
import type { ScoredList } from './score-list.js';
import type { ScoredCells } from './scored-file.js';

interface Given {
  readonly manifest: Manifest;
  readonly list: CustomerList;
  readonly scored: ScoredList;
  /** Name of the column that names the customer; without it rows are numbered from 1. */
  readonly keyColumn: string | undefined;
}

/** Reads the list a second time, for the keys, and gives each scored row with its rank, in the order of the list. */
async function* inListOrder({ manifest, list, scored, keyColumn }: Given): AsyncGenerator<[number, ScoredCells]> {
  const ranks = scored.probabilities.ranks();
  const { threshold } = manifest.decision;
  let number = 0;
  let position = 0;
  for await (const row of list.rows()) {
    if (scored.scored.at(number) && !('problem' in row)) {
      const key = keyColumn === undefined ? String(number + 1) : keyText(row.cells[keyColumn]);
      const probability = scored.probabilities.at(position);
      const rank = ranks[position] ?? 0;
      yield [rank, [key, decimal(probability), String(probability >= threshold), String(rank)]];
      position += 1;
    }
    number += 1;
  }
}

/** A float32 has 7 significant digits: more would only look exact. */
function decimal(probability: number): string {
  return String(Number(probability.toFixed(7)));
}

function keyText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** All scored rows in the order of the list, or the `top` likeliest to leave by rank. */
export async function* scoredRows(given: Given, top: number | undefined): AsyncGenerator<ScoredCells> {
  if (top === undefined) {
    for await (const [, cells] of inListOrder(given)) yield cells;
    return;
  }
  const likeliest: [number, ScoredCells][] = [];
  for await (const entry of inListOrder(given)) if (entry[0] <= top) likeliest.push(entry);
  likeliest.sort(([one], [other]) => one - other);
  for (const [, cells] of likeliest) yield cells;
}
