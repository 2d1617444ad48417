import type { ChurnModelStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { news } from './news.js';

const status = (stage: NonNullable<ChurnModelStatus['stage']>, stalled?: string): ChurnModelStatus => ({
  observedGeneration: 1,
  stage,
  conditions:
    stalled === undefined
      ? []
      : [
          {
            type: 'Stalled',
            status: 'True',
            reason: stalled,
            message: 'Why.',
            observedGeneration: 1,
            lastTransitionTime: '2026-03-01T12:00:00.000Z',
          },
        ],
});

const registered = (value: 'True' | 'False' | 'Unknown', message: string): ChurnModelStatus => ({
  observedGeneration: 1,
  conditions: [
    {
      type: 'Registered',
      status: value,
      reason: 'RegistrationFailed',
      message,
      observedGeneration: 1,
      lastTransitionTime: '2026-03-01T12:00:00.000Z',
    },
  ],
});

describe('news', () => {
  it.each<[string, ChurnModelStatus | undefined, ChurnModelStatus, readonly string[]]>([
    ['nothing of a new model', undefined, status('Training'), []],
    ['the suspension', status('Serving'), status('Suspended'), ['Suspended']],
    ['a suspension once', status('Suspended'), status('Suspended'), []],
    ['the end of a suspension', status('Suspended'), status('Training'), ['Resumed']],
    ['a quota', status('Serving'), status('Serving', 'QuotaExceeded'), ['QuotaExceeded']],
    ['a quota once', status('Serving', 'QuotaExceeded'), status('Serving', 'QuotaExceeded'), []],
    ['another stall', status('Serving', 'NameConflict'), status('Serving', 'QuotaExceeded'), ['QuotaExceeded']],
    ['that MLflow was told', registered('Unknown', 'Soon.'), registered('True', 'All.'), ['Registered']],
    ['that MLflow was told more', registered('True', 'All.'), registered('True', 'More.'), ['Registered']],
    ['that MLflow was told once', registered('True', 'All.'), registered('True', 'All.'), []],
    ['nothing while MLflow is told', undefined, registered('Unknown', 'Soon.'), []],
    ['that MLflow is away', registered('Unknown', 'Soon.'), registered('False', 'Away.'), ['RegistrationFailed']],
    ['that MLflow is away once', registered('False', 'Away.'), registered('False', 'Away.'), []],
    ['nothing that training tells itself', status('Training'), status('Rejected', 'GateFailed'), []],
  ])('tells %s', (_, before, now, expected) => {
    expect(news(before, now).map(({ reason }) => reason)).toEqual(expected);
  });
});
