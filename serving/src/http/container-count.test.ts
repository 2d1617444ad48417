import { describe, expect, it } from '@jest/globals';
import { hasMoreContainers } from './container-count.js';

describe('objects and lists of a JSON text', () => {
  it.each([
    ['are one in an empty list', '[]', 1],
    ['are counted side by side', '[{},{},[]]', 4],
    ['are counted inside of one another', '{"a":[[[]]]}', 4],
    ['are none inside of texts', JSON.stringify({ '[{': '[[[[' }), 1],
    ['are none behind an escaped quote', JSON.stringify(['"[{', '\\', '[']), 1],
    ['are counted when they are never closed', '[[[', 3],
    ['are none in a text that never ends', '["[[[', 1],
  ])('%s', (_, json, count) => {
    expect(hasMoreContainers(json, count)).toBe(false);
    expect(hasMoreContainers(json, count - 1)).toBe(true);
  });
});
