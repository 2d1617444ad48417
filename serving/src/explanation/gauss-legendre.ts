/** Points and weights of a quadrature on the interval from 0 to 1. */
export interface Quadrature {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/**
 * The Gauss-Legendre quadrature of so many points: exact for every polynomial of a degree below twice as many. The points are the
 * roots of a Legendre polynomial, found by Newton's method from a start that is near enough for any number of them.
 */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    let root = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    // It doubles the digits each time: the fifth step changes nothing any more.
    for (let step = 0; step < 5; step += 1) {
      const { value, slope } = legendre(count, root);
      root -= value / slope;
    }
    const { slope } = legendre(count, root);
    points[index] = (1 + root) / 2;
    weights[index] = 1 / ((1 - root * root) * slope * slope);
  }
  return { points, weights };
}

/** The Legendre polynomial of a degree from 1 on, and its slope, by the recurrence of Bonnet. */
function legendre(degree: number, at: number): { value: number; slope: number } {
  let [before, value] = [1, at];
  for (let next = 2; next <= degree; next += 1)
    [before, value] = [value, ((2 * next - 1) * at * value - (next - 1) * before) / next];
  return { value, slope: (degree * (at * value - before)) / (at * at - 1) };
}
