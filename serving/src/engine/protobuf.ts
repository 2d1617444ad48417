import { UnsupportedGraph } from './unsupported-graph.js';

/** What a field holds: a varint (64-bit ones lose what is beyond 2^53), or the bytes of anything else. */
export type FieldValue = number | Uint8Array;

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Visits the fields of a protocol buffers message in their order.
 *
 * @throws UnsupportedGraph when the bytes are no message.
 */
export function eachField(bytes: Uint8Array, visit: (field: number, value: FieldValue) => void): void {
  const cursor = new Cursor(bytes);
  while (cursor.hasMore) {
    const tag = cursor.varint();
    visit(Math.floor(tag / 8), fieldValue(cursor, tag % 8));
  }
}

function fieldValue(cursor: Cursor, wireType: number): FieldValue {
  switch (wireType) {
    case wireTypes.varint:
      return cursor.varint();
    case wireTypes.fixed64:
      return cursor.take(8);
    case wireTypes.bytes:
      return cursor.take(cursor.varint());
    case wireTypes.fixed32:
      return cursor.take(4);
    default:
      throw new UnsupportedGraph('It is no protocol buffers message');
  }
}

/** Visits the varints that follow one another in a packed field. */
export function eachVarint(bytes: Uint8Array, visit: (value: number) => void): void {
  const cursor = new Cursor(bytes);
  while (cursor.hasMore) visit(cursor.varint());
}

/** The place of the tenth byte: 64 bits fit into ten of seven. */
const longestVarint = 2 ** 63;

class Cursor {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get hasMore(): boolean {
    return this.at < this.bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.bytes[this.at];
      if (byte === undefined || place > longestVarint) throw new UnsupportedGraph('It has a number without an end');
      this.at += 1;
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  }

  take(length: number): Uint8Array {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new UnsupportedGraph('It ends in the middle of a field');
    return this.bytes.subarray(start, this.at);
  }
}
