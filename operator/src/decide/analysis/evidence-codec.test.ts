import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { defaultSettings } from '../../fixtures/played-canary.js';
import { PlayedChance } from '../../fixtures/played-chance.js';
import { nothing } from './counters.js';
import { decodedEvidence, encodedEvidence, EvidenceUnusable, MAX_ENCODED_LENGTH } from './evidence-codec.js';
import { evidenceAtBake, freshEvidence, withRead, withServed } from './evidence.js';
import type { Evidence } from './evidence.js';

const stored = (content: unknown) => deflateRawSync(JSON.stringify(content)).toString('base64');

const settings = { ...defaultSettings, replays: true };

/** What so many pods that forward to so many pods of the candidate have counted, after so many looks with so many rows each. */
function readOf([routers, candidates]: readonly [number, number], rows: number, chance: PlayedChance) {
  const requests = (n: number) => ({
    requests: Math.floor(n),
    failed: Math.floor(n * 0.02 * (1 + 0.1 * chance.uniform())),
    slow: Math.floor(n * 0.1 * (1 + 0.1 * chance.uniform())),
  });
  const bins = () => Array.from({ length: 20 }, () => Math.floor((rows / 20) * (1 + 0.01 * chance.uniform())));
  const pods = Array.from({ length: routers }, (_, router) => {
    const candidate = Array.from({ length: candidates }, (__, pod) => {
      return [
        `telco-13-5d8f7c9b4d-x${pod}abcd`,
        requests((rows / candidates) * (1 + 0.01 * chance.uniform())),
      ] as const;
    });
    const scores = { candidate: bins(), control: bins() };
    const read = { ...nothing, candidate: Object.fromEntries(candidate), control: requests(rows), scores };
    return [`telco-12-7c6b5d4f8-y${router}wxyz`, read] as const;
  });
  return Object.fromEntries(pods);
}

/** After some reads of both sources and of users' requests before and after the candidate took over. */
function evidenceOf(size: readonly [number, number], rows = 100_000): Evidence {
  const chance = new PlayedChance(7);
  let evidence = freshEvidence();
  const served = (pods: number, name: string, look: number) => {
    const counts = () => Math.floor(look * rows * (1 + 0.1 * chance.uniform()));
    return Object.fromEntries(
      Array.from({ length: pods }, (_, pod) => [
        `${name}-${pod}abcd`,
        { requests: 30 * counts(), failed: 0, slow: counts() },
      ]),
    );
  };
  const after = (outcome: { readonly evidence: Evidence } | { readonly problem: string }) => {
    if ('problem' in outcome) throw new Error(outcome.problem);
    return outcome.evidence;
  };
  for (const look of [1, 2, 3]) {
    const read = { live: readOf(size, look * rows, chance), replay: readOf(size, look * rows, chance) };
    evidence = after(
      withServed(after(withRead(evidence, read, settings)), served(size[0], 'telco-12', look), settings),
    );
  }
  evidence = evidenceAtBake(evidence, settings);
  for (const look of [1, 2, 3]) evidence = after(withServed(evidence, served(size[1], 'telco-13', look), settings));
  return evidence;
}

describe('evidence as a text', () => {
  it.each<[number, number]>([
    [1, 1],
    [10, 5],
    [60, 20],
    [100, 50],
  ])('of %i pods that forward to %i fits, and comes back whole', (routers, candidates) => {
    const evidence = evidenceOf([routers, candidates]);
    const text = encodedEvidence(evidence);
    expect(text.length).toBeLessThanOrEqual(MAX_ENCODED_LENGTH);
    expect(decodedEvidence(text)).toEqual(evidence);
  });

  it('fits however large the counters are, and the next read is as good', () => {
    const text = encodedEvidence(evidenceOf([300, 100], 1e13));
    expect(text.length).toBeLessThanOrEqual(MAX_ENCODED_LENGTH);
    const read = { live: readOf([300, 100], 4e13, new PlayedChance(8)), replay: {} };
    const evidence = decodedEvidence(text);
    const outcome = withRead(evidence, read, settings);
    expect(outcome).toMatchObject({ evidence: { live: { counters: { isPartial: true } } } });
  });

  it.each<[string, string, string]>([
    ['empty', '', 'not deflated JSON'],
    ['not base64', '{"version":1}', 'not deflated JSON'],
    ['not deflated', Buffer.from('{}').toString('base64'), 'not deflated JSON'],
    ['not JSON', deflateRawSync('no').toString('base64'), 'not deflated JSON'],
    ['of another version', stored({ version: 2, evidence: freshEvidence() }), 'version'],
    ['without a version', stored({ evidence: freshEvidence() }), 'version'],
    ['of something else', stored({ version: 1, evidence: { live: {} } }), 'replay'],
    ['with a field too many', stored({ version: 1, evidence: { ...freshEvidence(), more: 1 } }), 'more'],
    ['too long', 'A'.repeat(MAX_ENCODED_LENGTH + 1), `${MAX_ENCODED_LENGTH + 1} characters`],
    [
      'that would fill the memory',
      deflateRawSync(' '.repeat(5_000_000) + JSON.stringify({ version: 1, evidence: freshEvidence() })).toString(
        'base64',
      ),
      'not deflated JSON',
    ],
  ])('that is %s is refused with the reason', (_, text, reason) => {
    expect(() => decodedEvidence(text)).toThrow(EvidenceUnusable);
    expect(() => decodedEvidence(text)).toThrow(reason);
  });
});
