import { hash } from 'node:crypto';
import type { CellCodes } from '../dataset/cell-codes.js';
import type { RowContents } from './row-contents.js';

/** Part of the rows that the model is made from; the rest judges it. */
const DEVELOPMENT_SHARE = 0.8;
const FOLDS = 5;

export interface Split {
  /** 0 development, 1 test. */
  readonly side: Uint8Array;
  /** 0 to 4. */
  readonly fold: Uint8Array;
}

const nobody: CellCodes = { codes: new Int32Array(), texts: [] };

/** Where a key falls: both shares are in [0, 1) and depend on nothing but the key. */
export function splitShares(key: string): { side: number; fold: number } {
  const digest = hash('sha256', `churnops-split-v1\0${key}`, 'buffer');
  return { side: first53Bits(digest, 0), fold: first53Bits(digest, 8) };
}

/**
 * Puts every row on a side and in a fold by the hash of its group's key, so that a row stays where it is when the table
 * grows, and rows of one group are never apart. A group are rows that must not be parted: the same features, or the same
 * customer. Its key is its smallest customer, or the features when it has none.
 */
export function splitRows(contents: RowContents, entities: CellCodes = nobody): Split {
  const { contentOf, count, keyOf } = contents;
  const sets = new DisjointSets(count, entities.texts);
  for (const [row, entity] of entities.codes.entries()) sets.join(contentOf[row] ?? 0, entity);
  const [side, fold] = [new Uint8Array(count), new Uint8Array(count)];
  for (let content = 0; content < count; content += 1) {
    const entity = sets.smallestEntity(content);
    // The prefixes keep a customer from being taken for features that are spelled alike.
    const shares = splitShares(entity === undefined ? `row\0${keyOf(content)}` : `entity\0${entity}`);
    side[content] = shares.side < DEVELOPMENT_SHARE ? 0 : 1;
    fold[content] = Math.floor(shares.fold * FOLDS);
  }
  return { side: spread(side, contentOf), fold: spread(fold, contentOf) };
}

/** What each row's content has. */
function spread(ofContent: Uint8Array, contentOf: Uint32Array): Uint8Array {
  const ofRow = new Uint8Array(contentOf.length);
  for (const [row, content] of contentOf.entries()) ofRow[row] = ofContent[content] ?? 0;
  return ofRow;
}

/** Union-find over contents and customers; a set is known by its smallest customer, where it has one. */
class DisjointSets {
  readonly #contents: number;
  readonly #entities: readonly string[];
  /** First the contents, then the customers. */
  readonly #parents: Uint32Array;

  constructor(contents: number, entities: readonly string[]) {
    this.#contents = contents;
    this.#entities = entities;
    this.#parents = new Uint32Array(contents + entities.length).map((_, member) => member);
  }

  /** A row without a customer, -1, joins nothing. */
  join(content: number, entity: number): void {
    if (entity === -1) return;
    const [one, other] = [this.#root(content), this.#root(this.#contents + entity)];
    if (one === other) return;
    if (this.#isBefore(one, other)) this.#parents[other] = one;
    else this.#parents[one] = other;
  }

  smallestEntity(content: number): string | undefined {
    return this.#entities[this.#root(content) - this.#contents];
  }

  /** A content is a root only while it has no customer: that of a customer is always smaller. */
  #isBefore(one: number, other: number): boolean {
    const [left, right] = [this.#entities[one - this.#contents], this.#entities[other - this.#contents]];
    return left !== undefined && (right === undefined || left < right);
  }

  #root(member: number): number {
    let position = member;
    let parent = this.#parents[position] ?? position;
    while (parent !== position) {
      // Halving the path keeps long chains of joined rows short.
      this.#parents[position] = this.#parents[parent] ?? parent;
      position = parent;
      parent = this.#parents[position] ?? position;
    }
    return position;
  }
}

function first53Bits(digest: Buffer, offset: number): number {
  return Number(digest.readBigUInt64BE(offset) >> 11n) / 2 ** 53;
}
