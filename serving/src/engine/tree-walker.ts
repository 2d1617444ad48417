/**
 * Adds to the sums of rows the leaves that they come to in some trees, which all have the depth that the function is made for.
 * Arguments are addresses in bytes, the ends those of what follows the last one.
 *
 * @param roots The address of the root of each tree, as an int32.
 */
export type WalkTrees = (rowsEnd: number, roots: number, rootsEnd: number) => void;

/** Where the rows lie; a row is the float32 value of each column, as `TreeNode` describes. All in bytes. */
export interface RowLayout {
  readonly memory: WebAssembly.Memory;
  readonly rows: number;
  readonly rowBytes: number;
  /** A float64 for each row. */
  readonly sums: number;
}

/** A node in memory: float32 `value`, int32 offset of the column in a row, int32 address of the first child, 4 bytes unused. */
export const nodeLayout = { value: 0, column: 4, first: 8, bytes: 16 } as const;

/** Parameters first. */
const local = { rowsEnd: 0, roots: 1, rootsEnd: 2, row: 3, sums: 4, root: 5, node: 6, sum: 7 } as const;
const type = { i32: 0x7f, f64: 0x7c, function: 0x60, none: 0x40 } as const;

const i32Add = [0x6a];
const i32ShiftLeft = [0x74];
const i32LessUnsigned = [0x49];
const f32GreaterOrEqual = [0x60];
const f64Add = [0xa0];
const f64FromF32 = [0xbb];

/**
 * Compiles a function for each depth. Inside of a tree it has no branch, so there is nothing that a processor could guess wrong:
 * whether a value is at least that of the node is a number, 0 or 1, and by as many nodes the next one is further. A row that comes
 * to a leaf early stays there, since a leaf leads to itself.
 *
 * Following https://webassembly.github.io/spec/core/binary.
 */
export function compileTreeWalkers(depths: ReadonlySet<number>, layout: RowLayout): (depth: number) => WalkTrees {
  const module = new WebAssembly.Module(moduleOf([...depths], layout));
  const { exports } = new WebAssembly.Instance(module, { '': { memory: layout.memory } });
  return (depth) => {
    const walk = exports[depth];
    if (!isWalk(walk)) throw new Error(`There is no code for trees of depth ${depth}`);
    return walk;
  };
}

function isWalk(value: unknown): value is WalkTrees {
  return typeof value === 'function';
}

function moduleOf(depths: readonly number[], layout: RowLayout): Uint8Array {
  const parameters = [[type.i32], [type.i32], [type.i32]];
  const names = depths.map((depth, index) => [...text(String(depth)), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[type.function, ...list(parameters), ...list([])]]),
    ...section(2, [[...text(''), ...text('memory'), 0x02, 0x00, 1]]),
    ...section(
      3,
      depths.map(() => [0]),
    ),
    ...section(7, names),
    ...section(
      10,
      depths.map((depth) => functionOf(depth, layout)),
    ),
  ]);
}

function functionOf(depth: number, { rows, rowBytes, sums }: RowLayout): number[] {
  const locals = list([
    [4, type.i32],
    [1, type.f64],
  ]);
  const body = [
    ...locals,
    ...[...constant(rows), ...set(local.row)],
    ...[...constant(sums), ...set(local.sums)],
    ...loop([
      ...[...get(local.sums), ...f64Load(0), ...set(local.sum)],
      ...eachTree(depth),
      ...[...get(local.sums), ...get(local.sum), ...f64Store(0)],
      ...[...get(local.sums), ...constant(8), ...i32Add, ...set(local.sums)],
      ...[...get(local.row), ...constant(rowBytes), ...i32Add, ...tee(local.row)],
      ...[...get(local.rowsEnd), ...i32LessUnsigned],
    ]),
    0x0b,
  ];
  return [...unsigned(body.length), ...body];
}

function eachTree(depth: number): number[] {
  return [
    ...[...get(local.roots), ...set(local.root)],
    ...loop([
      ...[...get(local.root), ...i32Load(0), ...set(local.node)],
      ...Array.from({ length: depth }, nextNode).flat(),
      ...[...get(local.sum), ...get(local.node), ...f32Load(nodeLayout.value)],
      ...[...f64FromF32, ...f64Add, ...set(local.sum)],
      ...[...get(local.root), ...constant(4), ...i32Add, ...tee(local.root)],
      ...[...get(local.rootsEnd), ...i32LessUnsigned],
    ]),
  ];
}

/** node = node.first + (row[node.column] >= node.value) * nodeLayout.bytes */
function nextNode(): number[] {
  return [
    ...[...get(local.row), ...get(local.node), ...i32Load(nodeLayout.column), ...i32Add, ...f32Load(0)],
    ...[...get(local.node), ...f32Load(nodeLayout.value), ...f32GreaterOrEqual],
    ...[...constant(Math.log2(nodeLayout.bytes)), ...i32ShiftLeft],
    ...[...get(local.node), ...i32Load(nodeLayout.first), ...i32Add, ...set(local.node)],
  ];
}

/** Repeats its body for as long as that ends with something else than 0. */
function loop(body: readonly number[]): number[] {
  return [0x03, type.none, ...body, 0x0d, 0, 0x0b];
}

function get(index: number): number[] {
  return [0x20, index];
}

function set(index: number): number[] {
  return [0x21, index];
}

/** `set`, and `get` at once. */
function tee(index: number): number[] {
  return [0x22, index];
}

function constant(value: number): number[] {
  return [0x41, ...signed(value)];
}

/** The first number after the opcode of a load or a store is its alignment, as a power of two. */
function i32Load(offset: number): number[] {
  return [0x28, 2, offset];
}

function f32Load(offset: number): number[] {
  return [0x2a, 2, offset];
}

function f64Load(offset: number): number[] {
  return [0x2b, 3, offset];
}

function f64Store(offset: number): number[] {
  return [0x39, 3, offset];
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = list(entries);
  return [id, ...unsigned(content.length), ...content];
}

function list(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(value: string): number[] {
  return [...unsigned(value.length), ...Buffer.from(value)];
}

/** LEB128, as `signed`. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** Of 0 and above: one bit is left for the sign. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}
