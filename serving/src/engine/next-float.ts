const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The smallest float32 above one that is neither NaN nor infinity; above minus infinity it is the lowest finite one. */
export function nextFloat(value: number): number {
  // Both zeros have the smallest subnormal above them.
  if (value === 0) return 2 ** -149;
  float[0] = value;
  bits[0] = (bits[0] ?? 0) + (value > 0 ? 1 : -1);
  return float[0];
}
