/** Whether the tests run in their long form (`make faults`): hundreds of repetitions instead of a few. */
export const long: boolean = process.env['CHURNOPS_FAULTS'] === 'long';

/** The number for the short form, or for the long one. */
export function repetitions(numbers: { readonly short: number; readonly long: number }): number {
  return long ? numbers.long : numbers.short;
}
