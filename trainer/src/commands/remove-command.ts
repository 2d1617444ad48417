import { artifactStoreEnvironment } from '@churnops/crds';
import { Command } from 'commander';
import { pino } from 'pino';
import { bucketConfig } from '../config.js';
import { dataInvalid } from '../failure.js';
import { ArtifactBucket } from '../publish/artifact-bucket.js';
import { untilInterrupted } from './interruption.js';

type Environment = Record<string, string | undefined>;

/** `remove`: what the Job of a revision does that is to be deleted; all it needs comes by environment. */
export function removeCommand(env: Environment): Command {
  return new Command('remove')
    .description('Remove the artifacts of a revision from their bucket, as the operator tells by environment variables')
    .action(async () => {
      const target = bucketConfig(env);
      if (target === undefined)
        throw dataInvalid(`${artifactStoreEnvironment.store} is not set: there is nothing to remove.`);
      const bucket = new ArtifactBucket(target);
      try {
        const names = await untilInterrupted((signal) => bucket.removeAll(signal));
        pino({ name: 'churnops-trainer' }).info({ uri: target.uri, names }, 'The artifacts are removed');
      } finally {
        await bucket.close();
      }
    });
}
