import { describe, expect, it } from '@jest/globals';
import { sniffDelimiter } from './delimiter.js';

describe('the delimiter of a list', () => {
  it.each([
    ['a comma', 'id,tenure,contract', ','],
    ['a semicolon', 'id;tenure;contract', ';'],
    ['a tab', 'id\ttenure\tcontract', '\t'],
    ['a bar', 'id|tenure|contract', '|'],
    ['not what stands inside quotes', 'id;"one, two, three, four";contract', ';'],
    ['a comma when there is one column only', 'id', ','],
  ])('is %s', (_, line, expected) => {
    expect(sniffDelimiter(line)).toBe(expected);
  });
});
