const NEWLINE = 0x0a;

/** Cuts a stream into lines, however it arrives in chunks. */
export class LineSplitter {
  private readonly parts: Buffer[] = [];
  private length = 0;

  /** @param limit Bytes that a line may have, without its end. */
  constructor(public limit: number) {}

  /**
   * Takes a chunk, and hands over each line that it ends, without the line end. What `take` does to `limit` holds from the next
   * line on.
   *
   * @returns False when a line is longer than the limit: the stream can't be used any further.
   */
  push(chunk: Buffer, take: (line: string) => void): boolean {
    let start = 0;
    // Only the new chunk is searched: a stranger who sends single bytes must not make every one of them cost a whole line.
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (!this.keep(chunk.subarray(start, end))) return false;
      take(this.line());
      start = end + 1;
    }
    return this.keep(chunk.subarray(start));
  }

  private keep(part: Buffer): boolean {
    this.length += part.length;
    if (this.length > this.limit) return false;
    if (part.length > 0) this.parts.push(part);
    return true;
  }

  private line(): string {
    const [first] = this.parts;
    const bytes = this.parts.length === 1 && first !== undefined ? first : Buffer.concat(this.parts, this.length);
    this.parts.length = 0;
    this.length = 0;
    return bytes.toString('utf8');
  }
}
