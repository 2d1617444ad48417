import { describe, expect, it } from '@jest/globals';
import { readRouting, unrouted } from './routing-state.js';

function annotation(sequence: number, percent = 5): string {
  const peers = [{ pod: 'telco-2-abc', address: '198.51.100.9' }];
  const candidate = { revision: 'telco-2', percent, mode: 'Answer', peers };
  return JSON.stringify({ sequence, candidate, control: { peers } });
}

/** The state after reading some contents one after the other, and what was said about the last one. */
function after(...contents: string[]) {
  let reading: ReturnType<typeof readRouting> = { state: unrouted };
  for (const content of contents) reading = readRouting(reading.state, content);
  const { state, ignored } = reading;
  return [state.sequence, state.routing?.candidate?.percent, ignored?.replace(/.*(unreadable|older).*/, '$1')];
}

describe('the routing annotation', () => {
  it.each([
    ['is acted on', [annotation(41)], [41, 5, undefined]],
    ['is acted on with a higher sequence', [annotation(41), annotation(42, 25)], [42, 25, undefined]],
    ['is acted on with the same sequence', [annotation(41), annotation(41, 25)], [41, 25, undefined]],
    ['is ignored with a lower sequence', [annotation(41), annotation(40, 25)], [41, 5, 'older']],
    ['is ignored once, not at every look', [annotation(41), annotation(40), annotation(40)], [41, 5, undefined]],
    ['may have no candidate', [annotation(41), '{"sequence":42}'], [42, undefined, undefined]],
    ['ends forwarding when it is taken away', [annotation(41), ''], [41, undefined, undefined]],
    ['counts as taken away when it is blank', [annotation(41), ' \n'], [41, undefined, undefined]],
    ['is old also after it was away', [annotation(41), '', annotation(40)], [41, undefined, 'older']],
    ['comes back with the same sequence', [annotation(41), '', annotation(41)], [41, 5, undefined]],
    ['is not acted on when it is no JSON', [annotation(41), '{"sequence":'], [41, 5, 'unreadable']],
    ['is acted on without a strange field', [annotation(41), '{"sequence":42,"x":1}'], [42, undefined, undefined]],
    ['is not acted on with a share above 100', [annotation(41), annotation(42, 101)], [41, 5, 'unreadable']],
    ['is not acted on when it is long', [annotation(41), annotation(42) + ' '.repeat(65_536)], [41, 5, 'unreadable']],
    ['is acted on again after an unreadable one', [annotation(41), '{', annotation(42)], [42, 5, undefined]],
  ])('%s', (_, contents, expected) => {
    expect(after(...contents)).toEqual(expected);
  });
});
