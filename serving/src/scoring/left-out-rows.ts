const SHOWN = 10;

/** Counts rows that could not be scored, and names the first ones. */
export class LeftOutRows {
  private count = 0;

  constructor(private readonly print: (sentence: string) => void) {}

  get length(): number {
    return this.count;
  }

  /** `reason` is the rest of a sentence about the row; it carries no value of a feature. */
  add(line: number, reason: string): void {
    this.count += 1;
    if (this.count <= SHOWN) this.print(`Line ${line} is left out: ${reason}.`);
    if (this.count === SHOWN + 1) this.print('Further lines that are left out are only counted.');
  }
}
