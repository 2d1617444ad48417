import { ARTIFACT_EXIT_CODE } from '@churnops/crds';
import { Command } from 'commander';
import { watchKeyFolder } from '../access/key-ring.js';
import type { PodConfig } from '../config.js';
import { ConfigError, podConfig } from '../config.js';
import type { Log } from '../log.js';
import { jsonLog } from '../log.js';
import { ArtifactError } from '../model/artifact-error.js';
import { loadModel } from '../model/load-model.js';
import { watchRetirement } from '../routing/retirement.js';
import { watchRoutingFile } from '../routing/routing-file.js';
import { watchSigningKeys } from '../routing/signing-keys.js';
import { startServer } from '../server.js';
import { onStopSignal } from './stop-signal.js';

/** The server of a serving pod, configured by its environment. */
export function podCommand(): Command {
  return new Command('pod')
    .description('Serve a model in a pod of the operator; configured by environment variables.')
    .action(async () => {
      const log = jsonLog();
      try {
        await servePod(podConfig(), log);
      } catch (error) {
        // The last line of the log is also the termination message of the pod.
        const explained = error instanceof ArtifactError || error instanceof ConfigError;
        log.fatal(explained ? {} : { err: error }, error instanceof Error ? error.message : String(error));
        process.exitCode = error instanceof ArtifactError ? ARTIFACT_EXIT_CODE : 1;
      }
    });
}

async function servePod(config: PodConfig, log: Log): Promise<void> {
  // The first process of a container has no default for SIGTERM: without this a pod deleted while it loads would be
  // waited for.
  const endEarly = () => process.exit(0);
  process.once('SIGTERM', endEarly);
  const { model, revision, maxBatchSize } = config;
  const loaded = await loadModel(config.artifact, config.artifactSha256);
  const { artifactSha256, engine } = loaded;
  log.info({ model, revision, artifactSha256, engine: engine.name }, 'The model is verified and warm');
  const server = await startServer({
    served: { ...loaded, model, revision, maxBatchSize },
    keyRing: config.authentication === 'ApiKey' ? await watchKeyFolder(config.apiKeys, log) : undefined,
    rateLimit: config.rateLimit,
    retirement: watchRetirement(config.podInfo),
    requestTimeoutSeconds: config.requestTimeoutSeconds,
    host: config.host,
    port: config.port,
    metricsPort: config.metricsPort,
    peering: {
      peerPort: config.peerPort,
      keys: await watchSigningKeys(config.signing),
      routingFile: await watchRoutingFile(config.podInfo, log),
    },
    log,
  });
  process.off('SIGTERM', endEarly);
  onStopSignal(async (signal) => {
    log.info({ signal }, 'Draining');
    await server.drain();
    log.info('All requests are answered');
  });
  const { port, metricsPort, peerPort } = server;
  log.info({ port, metricsPort, peerPort }, 'Listening');
}
