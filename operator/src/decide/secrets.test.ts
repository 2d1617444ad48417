import { describe, expect, it } from '@jest/globals';
import type { World } from '../world.js';
import { apiKeys, signingKeys } from './secrets.js';
import { good, model, NOW, promoted, revision, servingWorld, SHA256, world } from '../fixtures/world-builder.js';

const open = model({ serving: { access: { authentication: 'None' } } });
const other = { uid: 'keys', sha256: 'b'.repeat(64) };
const none = { apiKey: undefined, apiKeys: undefined };

describe('apiKeys', () => {
  it.each<[string, World, readonly (string | undefined)[]]>([
    ['leaves a key alone whose hash is published', servingWorld(), []],
    ['makes none for a model that asks for none', servingWorld({ model: open, ...none }), []],
    ['makes the first one without a word', world(none), ['new']],
    [
      'makes the first one of a trained candidate so',
      world({ ...none, revisions: [revision(model(), 1, good())] }),
      ['new'],
    ],
    [
      'makes the first one of a model that served everyone before so',
      servingWorld({ ...none, revisions: [revision(open, 1, promoted())] }),
      ['new'],
    ],
    ['goes on after a death before the hash was published', world({ apiKeys: undefined }), ['publish']],
    ['tells of a rotation when the key is gone', servingWorld({ apiKey: undefined }), ['new', 'ApiKeyRotated']],
    ['tells of it also before anything serves', world({ apiKey: undefined }), ['new', 'ApiKeyRotated']],
    ['tells of it when both are gone while pods ask for keys', servingWorld(none), ['new', 'ApiKeyRotated']],
    ['tells of it after a death in the middle of one', servingWorld({ apiKeys: other }), ['publish', 'ApiKeyRotated']],
    ['publishes a hash again that is gone', servingWorld({ apiKeys: undefined }), ['publish']],
    [
      'publishes a hash again whose annotation is gone',
      servingWorld({ apiKeys: { uid: 'keys', sha256: undefined } }),
      ['publish'],
    ],
  ])('%s', (_, given, expected) => {
    const told = apiKeys(given).flatMap((action) => {
      if (action.kind !== 'WriteApiKey') return [action.kind];
      const verb = action.sha256 === SHA256 ? 'publish' : 'new';
      return action.event === undefined ? [verb] : [verb, action.event.reason];
    });
    expect(told).toEqual(expected);
  });
});

const day = 86_400_000;
const signing = (ids: readonly string[]) => ({ uid: 'signing', resourceVersion: '7', ids });
const aged = ['20260101T120000Z-00000001', '20260130T120000Z-00000002'];

describe('signingKeys', () => {
  it.each<[string, Partial<World>, boolean]>([
    ['leaves two alone whose newer one is young', {}, false],
    ['makes them when there are none', { signing: undefined }, true],
    ['makes them anew when nobody knows what is there', { signing: signing([]) }, true],
    ['replaces the older one when the newer one is 30 days old', { signing: signing(aged) }, true],
    [
      'waits until then',
      { signing: signing(aged), now: new Date(Date.parse('2026-01-30T12:00:00Z') + 30 * day - 1) },
      false,
    ],
    [
      'keeps keys that come from a clock which was ahead',
      { signing: signing(['20270101T000000Z-00000001', '20270101T000000Z-00000002']), now: NOW },
      false,
    ],
  ])('%s', (_, differences, writes) => {
    const given = world(differences);
    expect(signingKeys(given)).toEqual(writes ? [{ kind: 'WriteSigningKeys', secret: given.signing }] : []);
  });
});
