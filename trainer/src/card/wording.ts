const counts = new Intl.NumberFormat('en');

/** 7043 as `7,043`. */
export function count(value: number): string {
  return counts.format(value);
}

/** A share as `26.5 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A number with a fixed count of digits after the point, 3 where not told. */
export function decimal(value: number, digits = 3): string {
  const shown = value.toFixed(digits);
  return Number(shown) === 0 ? shown.replace('-', '') : shown;
}
