const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const rough = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });
const fine = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** A number of things: `1,204`. */
export function counted(count: number): string {
  return whole.format(count);
}

/** An estimate of a number of things: `1,400`. */
export function roughly(count: number): string {
  return rough.format(Math.ceil(count));
}

/** A share from 0 to 1: `0.82 %`, `98.4 %`. */
export function percent(share: number): string {
  return `${points(share)} %`;
}

/** A difference of shares, as the number of percentage points: `-0.31`, `12.5`. */
export function points(difference: number): string {
  const value = 100 * difference;
  return (Math.abs(value) < 10 ? rough : fine).format(value);
}

/** A chance: `p = 0.0021`, `p < 0.0001`. */
export function chance(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${rough.format(p)}`;
}

/** A share or distance for programs that read a status: four decimals. */
export function decimal(value: number): string {
  return value.toFixed(4);
}
