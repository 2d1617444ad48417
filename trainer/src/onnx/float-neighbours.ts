/** The next float32 above and below a float32 that is finite: where a comparison that is off by one bit shows. */
export function floatNeighbours(value: number): { below: number; above: number } {
  return { below: -nextAbove(-value), above: nextAbove(value) };
}

function nextAbove(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  // Both zeros have the smallest subnormal above them.
  if (value === 0) return 2 ** -149;
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 ? 1 : -1));
  return view.getFloat32(0);
}
