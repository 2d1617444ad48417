import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseLine, PeerMessage, RouterMessage, scoreDocument } from './peer-messages.js';

describe('a message to a peer', () => {
  it('arrives as it was sent', () => {
    const rows = fc.array(fc.json(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.boolean(), (texts, copy) => {
        const head = { id: 7, revision: 'telco-2', time: 1_800_000_000_000, copy };
        const document = scoreDocument({ ...head, rows: texts });
        expect(parseLine(RouterMessage, document)).toEqual({
          kind: 'Score',
          ...head,
          rows: texts.map((text): unknown => JSON.parse(text)),
        });
      }),
    );
  });
});

describe('a message of a peer', () => {
  const answer = { kind: 'Answer', id: 7, revision: 'telco-2', threshold: 0.5 };
  const result = { probability: 0.25, churn: false };

  it.each([
    ['an answer', { ...answer, results: [result, null, { ...result, warnings: ['x'] }] }],
    ['an answer of a later release', { ...answer, results: [{ ...result, reasons: [] }], took: 1 }],
    ['a refusal', { kind: 'Refusal', id: 7, reason: 'Busy' }],
    ['a goodbye', { kind: 'Leaving' }],
  ])('may be %s', (_, message) => {
    expect(parseLine(PeerMessage, JSON.stringify(message))).toMatchObject({ kind: message.kind });
  });

  it.each([
    ['no JSON', 'I am a teapot'],
    ['another JSON', '[]'],
    ['an answer without results', JSON.stringify(answer)],
    ['an answer without a number', JSON.stringify({ ...answer, results: [{ ...result, probability: null }] })],
    ['an answer with an impossible number', JSON.stringify({ ...answer, results: [{ ...result, probability: 7 }] })],
    ['an answer with a text for a decision', JSON.stringify({ ...answer, results: [{ ...result, churn: 'Yes' }] })],
    ['an answer without an id', JSON.stringify({ ...answer, id: undefined, results: [result] })],
  ])('is refused when it is %s', (_, line) => {
    expect(parseLine(PeerMessage, line)).toBeUndefined();
  });
});
