import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { messageLimits } from './peer-messages.js';
import { messagesOf } from './staging.js';

const rows = fc.array(fc.record({ bytes: fc.integer({ min: 2, max: messageLimits.rowBytes }) }), { maxLength: 1_200 });

describe('the rows of one turn of the event loop', () => {
  it('are one message where they fit into one, and none without rows', () => {
    const small = Array.from({ length: messageLimits.rows }, () => ({ bytes: 100 }));
    expect(messagesOf(small)).toEqual([small]);
    expect(messagesOf([...small, { bytes: 100 }]).map((message) => message.length)).toEqual([500, 1]);
    expect(messagesOf([])).toEqual([]);
  });

  it('are divided without loss, in order, and within the limits', () => {
    fc.assert(
      fc.property(rows, (staged) => {
        const messages = messagesOf(staged);
        expect(messages.flat()).toEqual(staged);
        for (const message of messages) {
          expect(message.length).toBeGreaterThan(0);
          expect(message.length).toBeLessThanOrEqual(messageLimits.rows);
          const bytes = message.reduce((sum, row) => sum + row.bytes, 0);
          expect(bytes).toBeLessThanOrEqual(messageLimits.rowsBytes);
        }
      }),
    );
  });
});
