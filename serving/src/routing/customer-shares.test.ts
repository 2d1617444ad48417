import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForwardGroup } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { customerHash } from './customer-hash.js';
import { groupOf } from './group-of.js';
import { murmur3 } from './murmur3.js';

const samples = join(import.meta.dirname, '../../../e2e/samples/data');

function table(name: string): object[] {
  return parse(readFileSync(join(samples, name)), { columns: true, cast: false });
}

/** A contract as far as the hash looks at it. */
function contract(rows: readonly object[], entityKey?: string) {
  const features = Object.keys(rows[0] ?? {})
    .filter((name) => name !== entityKey && name !== 'churn')
    .map((name) => ({ name }));
  return { features, ...(entityKey !== undefined && { entityKey }) };
}

const telco = table('telco.csv');
const mlc = table('mlc_churn.csv');

/** Customers as the sample names them, further than it goes: C-00001 to C-20000. */
const numbered = Array.from({ length: 20_000 }, (_, row) => ({ customer_id: `C-${String(row + 1).padStart(5, '0')}` }));

function groups(rows: readonly object[], entityKey: string | undefined, candidate: string, percent: number) {
  const hash = customerHash(contract(rows, entityKey));
  const seed = murmur3(candidate, 0);
  return rows.map((row) => groupOf(hash(row, seed), percent));
}

function percentOf(chosen: readonly (ForwardGroup | undefined)[], group: ForwardGroup): number {
  return (100 * chosen.filter((each) => each === group).length) / chosen.length;
}

function positions(chosen: readonly (ForwardGroup | undefined)[], group: ForwardGroup): number[] {
  return chosen.flatMap((each, position) => (each === group ? [position] : []));
}

describe('shares of customers', () => {
  it.each([
    ['20,000 customers by their key', numbered, 'customer_id'],
    ['the customers of telco.csv by their key', telco, 'customer_id'],
    ['the customers of telco.csv by their values', telco, undefined],
    ['the customers of mlc_churn.csv by their values', mlc, undefined],
  ])('of %s are what was asked for', (_, rows, entityKey) => {
    for (const percent of [5, 25, 50]) {
      const chosen = groups(rows, entityKey, 'telco-2', percent);
      // Four standard deviations of a share of so many customers; 0.5 points of 20,000 at 5 % are 3.2.
      const tolerance =
        rows === numbered && percent === 5 ? 0.5 : 400 * Math.sqrt((percent * (100 - percent)) / 1e4 / rows.length);
      expect(Math.abs(percentOf(chosen, 'Candidate') - percent)).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(percentOf(chosen, 'Control') - percent)).toBeLessThanOrEqual(tolerance);
    }
  });

  it.each([
    ['a key', numbered, 'customer_id'],
    ['their values', telco, undefined],
  ])('of customers with %s only grow while the percentage rises', (_, rows, entityKey) => {
    const steps = [0, 1, 5, 25, 50, 75, 100].map((percent) => groups(rows, entityKey, 'telco-2', percent));
    for (const [step, chosen] of steps.entries()) {
      const before = steps[step - 1] ?? [];
      expect(positions(before, 'Candidate').filter((customer) => chosen[customer] !== 'Candidate')).toEqual([]);
      const left = positions(before, 'Control').filter((customer) => chosen[customer] !== 'Control');
      // Above 50 % the control group is what the candidate leaves.
      expect(left.filter((customer) => step <= 4 || chosen[customer] !== 'Candidate')).toEqual([]);
    }
    expect(percentOf(steps.at(-1) ?? [], 'Candidate')).toBe(100);
  });

  it('are others for every candidate', () => {
    const first = groups(numbered, 'customer_id', 'telco-2', 25);
    const second = groups(numbered, 'customer_id', 'telco-3', 25);
    const both = positions(first, 'Candidate').filter((customer) => second[customer] === 'Candidate');
    // A quarter of a quarter, give or take four standard deviations.
    expect(Math.abs(both.length - 1250)).toBeLessThan(140);
  });
});

describe('the hash of a customer', () => {
  const rows = [{ id: 'C-1', tenure: 5, contract: 'One year', country: 'Spain' }];
  const hash = customerHash({ entityKey: 'id', features: [{ name: 'tenure' }, { name: 'contract' }] });
  const same = (other: object) => hash(rows[0], 1) === hash(other, 1);

  it.each([
    ['the key alone', { id: 'C-1', tenure: 6 }, true],
    ['a key with spaces around it', { id: ' C-1 ' }, true],
    ['another key', { id: 'C-2', tenure: 5, contract: 'One year' }, false],
  ])('with a key: %s', (_, row, expected) => {
    expect(same(row)).toBe(expected);
  });

  const values = { tenure: 5, contract: 'One year' };
  it.each([
    ['in another order', { contract: 'One year', tenure: 5 }, true],
    ['with a number as text', { tenure: '5', contract: 'One year' }, true],
    ['with a column that the model does not use', { ...values, country: 'Chile' }, true],
    ['with an empty key', { ...values, id: '' }, true],
    ['with another value', { ...values, tenure: 6 }, false],
    ['with the value in another column', { tenure: 'One year', contract: 5 }, false],
  ])('without a key: the same values %s', (_, row, expected) => {
    expect(hash(values, 1) === hash(row, 1)).toBe(expected);
  });
});
