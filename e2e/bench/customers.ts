import { readFile } from 'node:fs/promises';

/** The customers of `telco.csv` as bodies of `/predict`, each with its entity key and without the label. */
export async function customerBodies(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const [columns = [], ...rows] = text.trim().split('\n').map(cellsOf);
  return rows.map((cells) => {
    const row = columns.map((column, position) => [String(column), cells[position]] as const);
    return JSON.stringify(Object.fromEntries(row.filter(([column]) => column !== 'churn')));
  });
}

/** The file quotes every text and nothing else, so that a line with what is missing spelled out is JSON. */
function cellsOf(line: string): unknown[] {
  const cells: unknown = JSON.parse(`[${line.trim().replaceAll(/,(?=,|$)/g, ',null')}]`);
  return Array.isArray(cells) ? cells : [];
}
