import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys } from '@churnops/crds';
import { Command, Option } from 'commander';
import { newApiKey } from '../access/api-key.js';
import { singleKeyRing } from '../access/key-ring.js';
import { readableLog } from '../log.js';
import { loadModel } from '../model/load-model.js';
import type { ServedModel } from '../prediction/served-model.js';
import { exampleRow } from '../prediction/served-model.js';
import { neverRetired } from '../routing/retirement.js';
import type { Server } from '../server.js';
import { startServer } from '../server.js';
import { parsePort } from './port-option.js';
import { onStopSignal } from './stop-signal.js';
import { UsageError } from './usage-error.js';

interface ServeOptions {
  readonly port: number;
  readonly metricsPort: number | 'off';
  readonly host: string;
  readonly authentication: 'ApiKey' | 'None';
}

const examples = `
Examples:
  churnops serve model                                   with a new API key, printed once
  churnops serve model --port 8080 --authentication None
  churnops serve model --host 0.0.0.0 --metrics-port off
`;

/** Serves an artifact folder from this machine, without a cluster. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Answer predictions over HTTP from a folder that "churnops train" wrote.')
    .argument('<DIR>', 'folder with manifest.json and model.onnx')
    .option('--port <PORT>', 'port of the HTTP API; 0 takes any free one', parsePort, 8080)
    .option('--metrics-port <PORT>', 'port of /metrics and /health; off for none', parseMetricsPort, 9090)
    .option('--host <ADDRESS>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--authentication <MODE>', 'ApiKey: a key is made and printed; None: anyone may ask')
        .choices(['ApiKey', 'None'])
        .default('ApiKey'),
    )
    .addHelpText('after', examples)
    .action(serve);
}

function parseMetricsPort(text: string): number | 'off' {
  return text === 'off' ? 'off' : parsePort(text);
}

async function serve(folder: string, options: ServeOptions): Promise<void> {
  await requireArtifactFolder(folder);
  const loaded = await loadModel(folder);
  const served: ServedModel = {
    ...loaded,
    model: 'local',
    revision: `local-${loaded.artifactSha256.slice(0, 8)}`,
    maxBatchSize: 1000,
  };
  const key = options.authentication === 'ApiKey' ? newApiKey() : undefined;
  const server = await listen(served, options, key);
  process.stdout.write(welcome(served, server, { host: options.host, key }));
  onStopSignal(() => server.drain());
}

async function requireArtifactFolder(folder: string): Promise<void> {
  try {
    await access(join(folder, artifactKeys.manifest));
  } catch {
    throw new UsageError(
      `There is no ${artifactKeys.manifest} in ${folder}: name a folder that "churnops train" wrote.`,
    );
  }
}

async function listen(served: ServedModel, options: ServeOptions, key: string | undefined): Promise<Server> {
  try {
    return await startServer({
      served,
      keyRing: key === undefined ? undefined : singleKeyRing(key),
      rateLimit: undefined,
      retirement: neverRetired,
      requestTimeoutSeconds: 30,
      host: options.host,
      port: options.port,
      metricsPort: options.metricsPort === 'off' ? undefined : options.metricsPort,
      peering: undefined,
      log: readableLog(),
    });
  } catch (error) {
    throw listenProblem(error, options);
  }
}

function listenProblem(error: unknown, { host, port }: ServeOptions): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    const taken = 'port' in error ? Number(error.port) : port;
    return new UsageError(`Port ${taken} is in use: choose another with --port or --metrics-port.`);
  }
  if (error.code === 'EACCES')
    return new UsageError(`Port ${port} may not be opened by this user: choose one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL') return new UsageError(`This machine has no address ${host}: check --host.`);
  return error;
}

function welcome(
  served: ServedModel,
  server: Server,
  { host, key }: { host: string; key: string | undefined },
): string {
  const url = `http://${hostOfUrl(host)}:${server.port}`;
  const row = JSON.stringify(exampleRow(served.manifest)).replaceAll("'", String.raw`'\''`);
  const header = key === undefined ? '' : ` -H 'X-API-Key: ${key}'`;
  return [
    `Serving ${served.revision} on ${url}`,
    `Documentation: ${url}/docs`,
    ...(server.metricsPort === undefined ? [] : [`Metrics: ${url.replace(/:\d+$/, `:${server.metricsPort}`)}/metrics`]),
    ...(key === undefined ? [] : [`API key, valid while this runs: ${key}`]),
    '',
    'A prediction for a made-up customer:',
    `  curl -s ${url}/predict -H 'Content-Type: application/json'${header} -d '${row}'`,
    '',
    '',
  ].join('\n');
}

function hostOfUrl(host: string): string {
  // 0.0.0.0 and :: are every address of the machine and none that a client can ask.
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
