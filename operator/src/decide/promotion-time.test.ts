import { describe, expect, it } from '@jest/globals';
import { model, NOW, promoted, revision } from '../fixtures/world-builder.js';
import { promotionTime } from './promotion-time.js';

const at = (promotedTime: string) => revision(model(), 1, { ...promoted(), promotedTime });

describe('the time of a promotion', () => {
  it.each([
    ['is now', [], NOW.toISOString()],
    ['is now after earlier ones', [at('2026-03-01T11:00:00.000Z')], NOW.toISOString()],
    ['is later than that of one in the future', [at('2026-03-01T13:00:00.000Z')], '2026-03-01T13:00:00.001Z'],
  ])('%s', (_, revisions, time) => {
    expect(promotionTime({ now: NOW, revisions })).toBe(time);
  });
});
