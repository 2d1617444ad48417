import { ARTIFACT_EXIT_CODE } from '@churnops/crds';
import { Command } from 'commander';
import { ConfigError, fetchConfig } from '../config.js';
import { jsonLog } from '../log.js';
import { ArtifactError } from '../model/artifact-error.js';
import { StoreUnreachable } from '../model/store-unreachable.js';

/** What the init container of a serving pod does whose artifact is in a bucket; configured by its environment. */
export function fetchCommand(): Command {
  return new Command('fetch')
    .description('Fetch a model from its bucket for a pod of the operator; configured by environment variables.')
    .action(async () => {
      const log = jsonLog();
      // The first process of a container has no default for SIGTERM.
      process.once('SIGTERM', () => process.exit(0));
      try {
        const { stored, sha256, folder } = fetchConfig();
        // The S3 client is large, and no other command needs it.
        const { fetchArtifact } = await import('../model/fetch-artifact.js');
        await fetchArtifact(stored, sha256, folder);
        log.info({ uri: stored.uri, artifactSha256: sha256 }, 'The artifact is fetched and verified');
      } catch (error) {
        // The last line of the log is also the termination message of the container.
        const explained = [ArtifactError, ConfigError, StoreUnreachable].some((kind) => error instanceof kind);
        log.fatal(explained ? {} : { err: error }, error instanceof Error ? error.message : String(error));
        process.exitCode = error instanceof ArtifactError ? ARTIFACT_EXIT_CODE : 1;
      }
    });
}
