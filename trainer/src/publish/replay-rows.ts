import { hash } from 'node:crypto';
import { MAX_REPLAY_ROWS, type ReplayTable } from '@churnops/crds';
import type { PreparedData } from '../dataset/prepared-data.js';

/** What replay rows may take of an artifact, in bytes of JSON. */
const MOST_BYTES = 192 * 1024;

type HeldOut = Pick<PreparedData, 'features' | 'side' | 'rawRow'>;

/** Held-out rows in an order that the seed alone decides: the same for the same table, and any beginning of it is a fair sample. */
export function chooseReplayRows(data: HeldOut, seed: number): ReplayTable | undefined {
  const columns = data.features.map(({ name }) => name);
  const rows = heldOutRows(data, seed).map((index) => {
    const raw = data.rawRow(index);
    return columns.map((name) => raw[name] ?? null);
  });
  return replayTableWithin({ columns, rows }, MOST_BYTES);
}

/** The rows of a table, from the first on, whose JSON has this many bytes at most together; undefined when not one fits. */
export function replayTableWithin({ columns, rows }: ReplayTable, most: number): ReplayTable | undefined {
  let bytes = Buffer.byteLength(replayText({ columns, rows: [] }));
  const kept: ReplayTable['rows'] = [];
  for (const row of rows) {
    // One more for the comma; the last row has none, so that the text is never longer than counted.
    const more = Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes + more > most) continue;
    bytes += more;
    kept.push(row);
  }
  return kept.length === 0 ? undefined : { columns, rows: kept };
}

/** The bytes of replay.json. */
export function replayText(table: ReplayTable): string {
  return `${JSON.stringify(table)}\n`;
}

function heldOutRows(data: HeldOut, seed: number): number[] {
  const places: { row: number; place: number }[] = [];
  for (let row = 0; row < data.side.length; row += 1) {
    if (data.side[row] === 1) places.push({ row, place: placeOf(row, seed) });
  }
  const order = places.sort((a, b) => a.place - b.place || a.row - b.row);
  return order.slice(0, MAX_REPLAY_ROWS).map(({ row }) => row);
}

function placeOf(row: number, seed: number): number {
  return hash('sha256', `churnops-replay-v1\0${seed}\0${row}`, 'buffer').readUIntBE(0, 6);
}
