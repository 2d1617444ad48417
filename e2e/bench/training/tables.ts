import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Random } from './random.js';
import { randomOf } from './random.js';

export type Cell = string | number | null;

/** A table that is made row by row; the label is the column `churn`, with `yes` and `no`. */
export interface MadeTable {
  readonly columns: readonly string[];
  /** Cells of a row, the label among them. */
  readonly row: (random: Random, row: number) => readonly Cell[];
}

/** Text that is written at once. */
const CHUNK_LETTERS = 1 << 20;

/** Writes a table as CSV. The same seed gives the same bytes. */
export async function writeTable(path: string, table: MadeTable, rows: number, seed: number): Promise<void> {
  const random = randomOf(seed);
  const file = createWriteStream(path);
  let text = `${table.columns.join(',')}\n`;
  for (let row = 0; row < rows; row += 1) {
    text += `${table.row(random, row).join(',')}\n`;
    if (text.length < CHUNK_LETTERS) continue;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
  }
  file.end(text);
  await finished(file);
}

function chosen<const Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[random.below(items.length)] ?? items[0];
}

/** `yes` with the probability that belongs to these log odds. */
function label(random: Random, logOdds: number): Cell {
  return random.uniform() < 1 / (1 + Math.exp(-logOdds)) ? 'yes' : 'no';
}

const services = [
  'online_security',
  'online_backup',
  'device_protection',
  'tech_support',
  'streaming_tv',
  'streaming_movies',
] as const;

/**
 * Customers like those of the Telco sample: a key, 19 features (3 numbers, 6 of two values, 10 of three or four), and a
 * quarter who left.
 */
export const telephoneCustomers: MadeTable = {
  columns: [
    ...['customer_id', 'gender', 'senior_citizen', 'partner', 'dependents', 'tenure', 'phone_service'],
    ...['multiple_lines', 'internet_service', ...services, 'contract', 'paperless_billing', 'payment_method'],
    ...['monthly_charges', 'total_charges', 'churn'],
  ],
  row(random, row) {
    const tenure = random.below(73);
    const phone = random.uniform() < 0.9;
    const internet = chosen(random, ['DSL', 'Fiber optic', 'Fiber optic', 'No']);
    const extras = services.map(() => (internet === 'No' ? 'No internet service' : chosen(random, ['Yes', 'No'])));
    const count = extras.filter((extra) => extra === 'Yes').length;
    const contract = chosen(random, ['Month-to-month', 'Month-to-month', 'One year', 'Two year']);
    const paperless = chosen(random, ['Yes', 'No']);
    const payment = chosen(random, ['Electronic check', 'Mailed check', 'Bank transfer', 'Credit card']);
    const base = { No: 0, DSL: 25, 'Fiber optic': 50 }[internet];
    const monthly = Math.round(100 * (20 + base + 5 * count + 3 * random.normal())) / 100;
    const total = tenure === 0 ? null : Math.round(100 * monthly * (tenure + 0.3 * random.normal())) / 100;
    const logOdds =
      { 'Month-to-month': 0.2, 'One year': -1.2, 'Two year': -2.2 }[contract] +
      { No: -1, DSL: -0.2, 'Fiber optic': 0.7 }[internet] +
      (payment === 'Electronic check' ? 0.5 : 0) +
      (paperless === 'Yes' ? 0.2 : 0) -
      0.035 * (tenure - 20) -
      (extras[3] === 'Yes' ? 0.5 : 0);
    return [
      `C-${String(row).padStart(8, '0')}`,
      ...[chosen(random, ['Female', 'Male']), chosen(random, [0, 0, 0, 0, 1]), chosen(random, ['Yes', 'No'])],
      ...[chosen(random, ['Yes', 'No', 'No']), tenure, phone ? 'Yes' : 'No'],
      ...[phone ? chosen(random, ['Yes', 'No']) : 'No phone service', internet, ...extras],
      ...[contract, paperless, payment, monthly, total, label(random, logOdds)],
    ];
  },
};
