import { describe, expect, it } from '@jest/globals';
import { InFlight } from './in-flight.js';

const MIB = 1024 * 1024;

function admitted(inFlight: InFlight, messages: number, bytes: number): number {
  return Array.from({ length: messages }, () => inFlight.take(bytes)).filter((taken) => taken).length;
}

describe('what a pod has under way to its peers', () => {
  it.each([
    ['64 messages', 100, 1, 64],
    ['16 MiB', 100, MIB, 16],
    ['16 MiB to the byte', 3, 8 * MIB, 2],
  ])('is at most %s', (_, messages, bytes, expected) => {
    expect(admitted(new InFlight(), messages, bytes)).toBe(expected);
  });

  it('has room again when a message ends', () => {
    const inFlight = new InFlight();
    admitted(inFlight, 16, MIB);
    inFlight.give(MIB);
    expect(admitted(inFlight, 2, MIB)).toBe(1);
  });
});
