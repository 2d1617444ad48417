import { messageLimits } from './peer-messages.js';

/** A row on its way into a message. */
export interface Sized {
  /** Length of its JSON, in bytes. */
  readonly bytes: number;
}

/** Divides rows into as few messages as the limits of one allow, in order. */
export function messagesOf<Row extends Sized>(rows: readonly Row[]): Row[][] {
  const messages: Row[][] = [];
  let current: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (current.length === messageLimits.rows || bytes + row.bytes > messageLimits.rowsBytes) {
      messages.push(current);
      current = [];
      bytes = 0;
    }
    current.push(row);
    bytes += row.bytes;
  }
  if (current.length > 0) messages.push(current);
  return messages;
}
