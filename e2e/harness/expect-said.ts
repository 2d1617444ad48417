import type { RolloutStatus } from '@churnops/crds';
import { expect } from '@jest/globals';
import type { RolloutStory } from './rollout-story.js';
import { until } from './until.js';

/** What a candidate that is broken is rolled back for: which of them comes first depends on how fast a machine is. */
const brokenReasons = [
  'AnalysisFailed',
  'CandidateUnreachable',
  'ProgressDeadlineExceeded',
  'CrashLooping',
  'ArtifactMissing',
];

/** Expects that people find the reason of a rollback in each place where they look. */
export async function expectSaid(story: RolloutStory, revision: string, status: RolloutStatus): Promise<void> {
  expect(brokenReasons).toContain(status.reason);
  const { message = '' } = status;
  expect(message).not.toBe('');
  await until(
    `the rollback of ${revision} is told everywhere`,
    async () => {
      const { wide, events, promoted } = await story.reading(revision);
      return [wide, events, promoted].every((text) => text.includes(message.slice(0, 60)));
    },
    () => story.reading(revision),
  );
}
