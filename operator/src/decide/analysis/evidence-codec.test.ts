import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { defaultSettings } from '../../fixtures/played-canary.js';
import { PlayedChance } from '../../fixtures/played-chance.js';
import { nothing } from './counters.js';
import { decodedEvidence, encodedEvidence, EvidenceUnusable, MAX_ENCODED_LENGTH } from './evidence-codec.js';
import { freshEvidence, withRead } from './evidence.js';
import type { Evidence } from './evidence.js';

const stored = (content: unknown) => deflateRawSync(JSON.stringify(content)).toString('base64');

/** After some reads, in which so many pods forward to so many pods of the candidate. */
function evidenceOf(routers: number, candidates: number): Evidence {
  const chance = new PlayedChance(7);
  const requests = (n: number) => ({
    requests: n,
    failed: Math.floor(n * 0.02 * chance.uniform()),
    slow: Math.floor(n * 0.1 * chance.uniform()),
  });
  const bins = () => Array.from({ length: 20 }, () => chance.poisson(1000));
  let evidence = freshEvidence();
  for (const look of [1, 2, 3]) {
    const pods = Array.from({ length: routers }, (_, router) => {
      const candidate = Array.from({ length: candidates }, (_, pod) => {
        return [`telco-13-5d8f7c9b4d-x${pod}abcd`, requests(look * 2_000 + chance.poisson(500))] as const;
      });
      const read = {
        ...nothing,
        candidate: Object.fromEntries(candidate),
        control: requests(look * 100_000 + chance.poisson(5000)),
        scores: { candidate: bins().map((count) => count * look), control: bins().map((count) => count * look) },
      };
      return [`telco-12-7c6b5d4f8-y${router}wxyz`, read] as const;
    });
    const outcome = withRead(evidence, Object.fromEntries(pods), defaultSettings);
    if ('problem' in outcome) throw new Error(outcome.problem);
    evidence = outcome.evidence;
  }
  return evidence;
}

describe('evidence as a text', () => {
  it.each([
    [1, 1],
    [10, 5],
    [60, 20],
  ])('of %i pods that forward to %i fits, and comes back whole', (routers, candidates) => {
    const evidence = evidenceOf(routers, candidates);
    const text = encodedEvidence(evidence);
    expect(text.length).toBeLessThanOrEqual(MAX_ENCODED_LENGTH);
    expect(decodedEvidence(text)).toEqual(evidence);
  });

  it('that would be too long is refused, with what makes it so long', () => {
    expect(() => encodedEvidence(evidenceOf(200, 100))).toThrow(/65536 can be stored: 200 pods count requests/);
  });

  it.each<[string, string, string]>([
    ['empty', '', 'not deflated JSON'],
    ['not base64', '{"version":1}', 'not deflated JSON'],
    ['not deflated', Buffer.from('{}').toString('base64'), 'not deflated JSON'],
    ['not JSON', deflateRawSync('no').toString('base64'), 'not deflated JSON'],
    ['of another version', stored({ version: 2, evidence: freshEvidence() }), 'version'],
    ['without a version', stored({ evidence: freshEvidence() }), 'version'],
    ['of something else', stored({ version: 1, evidence: { counters: {} } }), 'requests'],
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
