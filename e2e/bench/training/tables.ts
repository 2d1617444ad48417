import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Random } from '../random.js';
import { randomOf } from '../random.js';

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

/** Customers of a shop: what makes them leave is combinations of many categories (300 towns, 60 products) and numbers. */
export const shopCustomers: MadeTable = {
  columns: [
    'town',
    'product',
    'channel',
    'age',
    'visits',
    'basket',
    'discount',
    'months',
    'complaints',
    'newsletter',
    'churn',
  ],
  row(random) {
    // Few towns and products are frequent, most are rare.
    const [town, product] = [Math.floor(300 * random.uniform() ** 2), Math.floor(60 * random.uniform() ** 2)];
    const channel = chosen(random, ['shop', 'web', 'app', 'phone', 'partner']);
    const [age, months, visits] = [18 + random.below(70), random.below(96), random.below(40)];
    const basket = Math.round(100 * Math.exp(3 + 0.8 * random.normal())) / 100;
    const discount = chosen(random, [0, 0, 0, 5, 10, 20]);
    const complaints = random.uniform() < 0.2 ? 1 + random.below(4) : 0;
    const newsletter = chosen(random, ['yes', 'no']);
    const combined = [
      1.6 * effect(town, 17) * { shop: -0.4, web: 1, app: 1, phone: -0.4, partner: -0.4 }[channel],
      1.2 * effect(product, 29),
      complaints > 0 && months < 24 ? 1.8 : 0.2 * complaints,
      newsletter === 'yes' ? -0.03 * visits : 0.02 * (12 - visits),
      given(discount > 0 && basket < 15, 1.1),
      given(age > 60 && channel === 'shop', -1.2),
    ];
    const logOdds = combined.reduce((sum, part) => sum + part, -1.6);
    const names = [`town ${town}`, `product ${product}`, channel];
    return [...names, age, visits, basket, discount, months, complaints, newsletter, label(random, logOdds)];
  },
};

function given(condition: boolean, part: number): number {
  return condition ? part : 0;
}

/** Something between -1 and 1 that belongs to a number. */
function effect(number: number, salt: number): number {
  return 2 * randomOf(salt * 1000 + number).uniform() - 1;
}

/** Customers whose records have holes, more for those who leave, and whose noise and levels drift along the table. */
export const driftingCustomers: MadeTable = {
  columns: [
    'calls',
    'minutes',
    'spend',
    'late_payments',
    'satisfaction',
    'region',
    'device',
    'signed',
    'noise_a',
    'noise_b',
    'churn',
  ],
  row(random, row) {
    const drift = row / 8000;
    const [calls, minutes] = [2 + 0.5 * random.normal(), 4 + random.normal()];
    const [late, satisfaction] = [Math.floor(3 * random.uniform() ** 3), random.normal()];
    const region = chosen(random, ['north', 'east', 'south', 'west', 'islands']);
    const device = chosen(random, ['phone', 'tablet', 'router']);
    const signed = 19_000 + Math.floor(700 * drift + 300 * random.uniform());
    const logOdds =
      -1.4 +
      0.9 * (calls - 2) * (minutes - 4) +
      0.8 * late -
      1.1 * satisfaction +
      (region === 'islands' ? 0.9 : 0) +
      0.5 * Math.sin(minutes) +
      0.6 * random.normal();
    const answer = label(random, logOdds);
    const hole = (cell: Cell, share: number) => (random.uniform() < share ? null : cell);
    const two = (value: number) => Math.round(100 * value) / 100;
    return [
      ...[hole(two(calls), 0.1), hole(two(minutes), 0.25), two(30 + 8 * minutes + (2 + 6 * drift) * random.normal())],
      ...[hole(late, 0.05), hole(two(satisfaction), answer === 'yes' ? 0.55 : 0.4), hole(region, 0.02), device],
      new Date(signed * 86_400_000).toISOString().slice(0, 10),
      ...[two(10 * drift + random.normal()), hole(two((1 + 3 * drift) * random.normal()), 0.3), answer],
    ];
  },
};

/** Writes which rows are learned from and which judge: a fifth by the seed alone. */
export async function writeSplit(path: string, rows: number, seed: number): Promise<void> {
  const columns = ['row', 'split'];
  await writeTable(path, { columns, row: ({ uniform }, row) => [row, uniform() < 0.8 ? 'train' : 'test'] }, rows, seed);
}
