import type { FieldValue } from './protobuf.js';
import { eachField, eachVarint } from './protobuf.js';
import { UnsupportedGraph } from './unsupported-graph.js';

/** A graph without what it can be ignored for: types and shapes, names, documentation. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Names of what callers give. */
  readonly inputs: readonly string[];
}

export interface OnnxNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** Only one of the lists has members; a single text is a list of one. */
export interface OnnxAttribute {
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly string[];
}

/**
 * Reads the graph of an ONNX file: the fields of `onnx.proto3` that a graph of simple operators has.
 *
 * @throws UnsupportedGraph when the file is damaged, or carries tensors or anything else that is not read here.
 */
export function readOnnxGraph(file: Uint8Array): OnnxGraph {
  const graph = bytesOf(file, 7)[0] ?? refuse('It has no graph');
  if (bytesOf(graph, 5).length + bytesOf(graph, 15).length > 0) refuse('It has initializers');
  if (bytesOf(file, 25).length > 0) refuse('It has functions');
  return { nodes: bytesOf(graph, 1).map(readNode), inputs: bytesOf(graph, 11).map((input) => textOf(input, 1)) };
}

function readNode(node: Uint8Array): OnnxNode {
  return {
    operator: textOf(node, 4),
    domain: textOf(node, 7),
    inputs: bytesOf(node, 1).map(decode),
    outputs: bytesOf(node, 2).map(decode),
    attributes: new Map(bytesOf(node, 5).map(readAttribute)),
  };
}

function readAttribute(attribute: Uint8Array): readonly [string, OnnxAttribute] {
  let name = '';
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  eachField(attribute, (field, value) => {
    // A list of numbers is one field, or as many as it has members: writers may choose.
    if (field === 1) name = decode(value);
    else if (field === 4 || field === 9) strings.push(decode(value));
    else if (field === 7) appendFloats(floats, value);
    else if (field === 8) appendInts(ints, value);
    else if (!ignored.has(field)) refuse('It has an attribute of an unknown kind');
  });
  return [name, { floats, ints, strings }];
}

/** Of an attribute: its documentation, and its type, which the lists show. */
const ignored: ReadonlySet<number> = new Set([13, 20]);

function appendFloats(floats: number[], value: FieldValue): void {
  if (typeof value === 'number') return refuse('A float is no float');
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength - (value.byteLength % 4));
  for (let at = 0; at < view.byteLength; at += 4) floats.push(view.getFloat32(at, true));
}

function appendInts(ints: number[], value: FieldValue): void {
  if (typeof value === 'number') ints.push(value);
  else eachVarint(value, (int) => ints.push(int));
}

function bytesOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  eachField(message, (field, value) => {
    if (field === wanted && typeof value !== 'number') found.push(value);
  });
  return found;
}

function textOf(message: Uint8Array, field: number): string {
  return bytesOf(message, field).map(decode).join('');
}

function decode(value: FieldValue): string {
  return typeof value === 'number'
    ? ''
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

function refuse(reason: string): never {
  throw new UnsupportedGraph(reason);
}
