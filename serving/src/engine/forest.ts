import type { Tree, TreeEnsemble, TreeNode } from './tree-ensemble.js';
import type { RowLayout, WalkTrees } from './tree-walker.js';
import { compileTreeWalkers, nodeLayout } from './tree-walker.js';

/** Rows that are scored at once. */
export const BLOCK_ROWS = 64;

/** Nodes that are walked before the next row: they stay in the first cache of a processor, which has 32 KiB or more. */
const CHUNK_BYTES = 24 * 1024;

/** An ensemble in the memory of a WebAssembly module: roots, nodes, then the sums and the rows of a block. */
export class Forest {
  private readonly width: number;
  private readonly base: number;
  private readonly layout: RowLayout;
  private readonly floats: Float32Array;
  private readonly sums: Float64Array;
  private readonly chunks: readonly Chunk[];

  constructor({ width, base, trees }: TreeEnsemble) {
    const sorted = trees.toSorted((one, other) => one.depth - other.depth);
    const nodes = sorted.reduce((sum, tree) => sum + tree.nodes.length, 0);
    const nodesStart = Math.ceil(sorted.length / 2) * 8;
    const sums = nodesStart + nodes * nodeLayout.bytes;
    const rows = sums + BLOCK_ROWS * 8;
    const rowBytes = (2 * width + 1) * 4;
    const memory = memoryOf(rows + BLOCK_ROWS * rowBytes);
    this.width = width;
    this.base = base;
    this.layout = { memory, rows, rowBytes, sums };
    this.floats = new Float32Array(memory.buffer);
    this.sums = new Float64Array(memory.buffer, sums, BLOCK_ROWS);
    this.chunks = plant(sorted, this.layout, nodesStart);
  }

  /** Writes the probability of leaving of at most `BLOCK_ROWS` rows, from `row` of the matrix on. */
  score(matrix: Float32Array, row: number, probabilities: Float64Array): void {
    const rows = probabilities.length;
    for (let index = 0; index < rows; index += 1) this.copyRow(matrix, (row + index) * this.width, index);
    this.sums.fill(this.base, 0, rows);
    const rowsEnd = this.layout.rows + rows * this.layout.rowBytes;
    for (const { walk, roots, rootsEnd } of this.chunks) walk(rowsEnd, roots, rootsEnd);
    for (let index = 0; index < rows; index += 1)
      probabilities[index] = 1 / (1 + Math.exp(-(this.sums[index] ?? Number.NaN)));
  }

  /** With the columns of the opposite sign and the one that is always missing: see `TreeNode`. */
  private copyRow(matrix: Float32Array, from: number, index: number): void {
    const { floats, width } = this;
    const to = (this.layout.rows + index * this.layout.rowBytes) / 4;
    for (let column = 0; column < width; column += 1) {
      const value = matrix[from + column] ?? Number.NaN;
      floats[to + column] = value;
      floats[to + width + column] = -value;
    }
    floats[to + 2 * width] = Number.NaN;
  }
}

const PAGE_BYTES = 64 * 1024;

function memoryOf(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
}

/** Trees of the same depth that are walked in one call. */
interface Chunk {
  readonly walk: WalkTrees;
  readonly roots: number;
  readonly rootsEnd: number;
}

/** Writes trees, sorted by depth, into the memory: the addresses of their roots from 0 on, their nodes from `nodesStart` on. */
function plant(trees: readonly Tree[], layout: RowLayout, nodesStart: number): Chunk[] {
  const walkerOf = compileTreeWalkers(new Set(trees.map(({ depth }) => depth)), layout);
  const { memory } = layout;
  const roots = new Int32Array(memory.buffer, 0, trees.length);
  let planted = 0;
  let address = nodesStart;
  return chunksOf(trees).map(({ depth, members }) => {
    const start = planted * 4;
    for (const { nodes } of members) {
      roots[planted] = address;
      planted += 1;
      writeNodes(nodes, memory, address);
      address += nodes.length * nodeLayout.bytes;
    }
    return { walk: walkerOf(depth), roots: start, rootsEnd: planted * 4 };
  });
}

function chunksOf(trees: readonly Tree[]): { depth: number; members: Tree[] }[] {
  const chunks: { depth: number; members: Tree[] }[] = [];
  let room = 0;
  for (const tree of trees) {
    const bytes = tree.nodes.length * nodeLayout.bytes;
    const last = chunks.at(-1);
    if (last?.depth === tree.depth && bytes <= room) last.members.push(tree);
    else {
      chunks.push({ depth: tree.depth, members: [tree] });
      room = CHUNK_BYTES;
    }
    room -= bytes;
  }
  return chunks;
}

function writeNodes(nodes: readonly TreeNode[], { buffer }: WebAssembly.Memory, address: number): void {
  const view = new DataView(buffer, address);
  for (const [index, { value, column, first }] of nodes.entries()) {
    const node = index * nodeLayout.bytes;
    view.setFloat32(node + nodeLayout.value, value, true);
    view.setInt32(node + nodeLayout.column, column * 4, true);
    view.setInt32(node + nodeLayout.first, address + first * nodeLayout.bytes, true);
  }
}
