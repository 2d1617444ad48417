/** Probabilities of a list of unknown length, 4 bytes each. */
export class Probabilities {
  private values = new Float32Array(4096);
  private used = 0;

  get length(): number {
    return this.used;
  }

  push(more: Float64Array): void {
    if (this.used + more.length > this.values.length) {
      const larger = new Float32Array(Math.max(this.values.length * 2, this.used + more.length));
      larger.set(this.values.subarray(0, this.used));
      this.values = larger;
    }
    this.values.set(more, this.used);
    this.used += more.length;
  }

  at(row: number): number {
    return this.values[row] ?? Number.NaN;
  }

  /**
   * The rank of each row: 1 is the likeliest to leave; of equal ones the earlier row comes first.
   *
   * One key of 64 bits a row is sorted natively: the inverted bits of the probability, then the row. The bits of floats
   * from 0 up are in the order of the floats. A sort with a comparator is many times slower on millions of rows.
   */
  ranks(): Uint32Array {
    const bits = new Uint32Array(this.values.buffer, 0, this.used);
    const keys = new BigUint64Array(this.used);
    // Every platform of Node.js with prebuilt ONNX Runtime is little-endian: the low half of a key stands first.
    const halves = new Uint32Array(keys.buffer);
    for (let row = 0; row < this.used; row += 1) {
      halves[row * 2] = row;
      halves[row * 2 + 1] = ~(bits[row] ?? 0);
    }
    keys.sort();
    const ranks = new Uint32Array(this.used);
    for (let position = 0; position < this.used; position += 1) ranks[halves[position * 2] ?? 0] = position + 1;
    return ranks;
  }
}
