import { createHash } from 'node:crypto';

/** Part of the rows that the model is made from; the rest judges it. */
const DEVELOPMENT_SHARE = 0.8;
const FOLDS = 5;

export interface Split {
  /** 0 development, 1 test. */
  readonly side: Uint8Array;
  /** 0 to 4. */
  readonly fold: Uint8Array;
}

/** Where a key falls: both shares are in [0, 1) and depend on nothing but the key. */
export function splitShares(key: string): { side: number; fold: number } {
  const digest = createHash('sha256').update(`churnops-split-v1\0${key}`).digest();
  return { side: first53Bits(digest, 0), fold: first53Bits(digest, 8) };
}

/**
 * Puts every row on a side and in a fold by the hash of its group's key, so that a row stays where it is when the table
 * grows, and rows of one group are never apart.
 */
export function splitRows(groups: RowGroups): Split {
  const side = new Uint8Array(groups.groupOf.length);
  const fold = new Uint8Array(groups.groupOf.length);
  const places = groups.keys.map((key) => {
    const shares = splitShares(key);
    return { side: shares.side < DEVELOPMENT_SHARE ? 0 : 1, fold: Math.floor(shares.fold * FOLDS) };
  });
  for (const [row, group] of groups.groupOf.entries()) {
    side[row] = places[group]?.side ?? 0;
    fold[row] = places[group]?.fold ?? 0;
  }
  return { side, fold };
}

export interface RowGroups {
  /** Group of each row. */
  readonly groupOf: Uint32Array;
  /** Key of each group. */
  readonly keys: readonly string[];
}

/**
 * Groups rows that must not be parted: the same features, or the same customer. The key of a group is its smallest
 * customer, or the features when there is no entity key.
 */
export function groupRows(contents: readonly string[], entities?: readonly (string | undefined)[]): RowGroups {
  // The prefixes keep a customer from being taken for features that are spelled alike.
  const keysOf = (row: number): string[] => {
    const entity = entities?.[row];
    const content = `row\0${contents[row] ?? ''}`;
    return entity === undefined ? [content] : [`entity\0${entity}`, content];
  };
  const sets = new DisjointSets();
  const members = contents.map((_, row) => {
    const [first = -1, second = first] = keysOf(row).map((key) => sets.add(key));
    sets.join(first, second);
    return first;
  });
  return number(members.map((member) => sets.smallest(member)));
}

function number(keyOfRow: readonly string[]): RowGroups {
  const positions = new Map<string, number>();
  const groupOf = Uint32Array.from(keyOfRow, (key) => {
    const position = positions.get(key) ?? positions.size;
    positions.set(key, position);
    return position;
  });
  return { groupOf, keys: [...positions.keys()] };
}

/** Union-find whose sets are known by their smallest key; `entity` sorts before `row`. */
class DisjointSets {
  readonly #positions = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #parents: number[] = [];

  add(key: string): number {
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const position = this.#keys.length;
    this.#positions.set(key, position);
    this.#keys.push(key);
    this.#parents.push(position);
    return position;
  }

  join(left: number, right: number): void {
    const [one, other] = [this.#root(left), this.#root(right)];
    if (one === other) return;
    if (this.#key(one) < this.#key(other)) this.#parents[other] = one;
    else this.#parents[one] = other;
  }

  smallest(member: number): string {
    return this.#key(this.#root(member));
  }

  #key(position: number): string {
    return this.#keys[position] ?? '';
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
