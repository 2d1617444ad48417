import { createHash } from 'node:crypto';
import { artifactKeys, TrainingReport, type TrainingProgress } from '@churnops/crds';
import { z } from 'zod';
import { TrainingProblem } from '../failure.js';
import { checkSize, type Artifact, type PublishedFiles } from './artifact.js';
import type { Answer, KubernetesClient } from './kubernetes-access.js';

/** Time between two writes of progress at least, in milliseconds. */
const PROGRESS_INTERVAL = 5000;

const ConfigMap = z.object({
  data: z.record(z.string(), z.string()).optional(),
});
type ConfigMap = z.infer<typeof ConfigMap>;

/** The ConfigMap that the operator made for one artifact, and that this run fills once. */
export class ArtifactConfigMap {
  readonly #client: KubernetesClient;
  readonly #name: string;
  readonly #path: string;
  #lastProgress = Number.NEGATIVE_INFINITY;
  #pendingProgress: Promise<void> = Promise.resolve();

  constructor(client: KubernetesClient, namespace: string, name: string) {
    this.#client = client;
    this.#name = name;
    this.#path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  }

  /** Whether an earlier try of this Job has published: then nothing is left to do. */
  async isComplete(): Promise<boolean> {
    const answer = await this.#ask({ method: 'GET', path: this.#path });
    return artifactHashOf(ConfigMap.parse(this.#expectOk(answer))) !== undefined;
  }

  /** Writes all files in one PATCH that also makes the ConfigMap immutable; nothing when it is complete already. */
  async publish(artifact: PublishedFiles & Pick<Artifact, 'report'>): Promise<void> {
    checkSize(artifact);
    await this.#pendingProgress;
    const body = JSON.stringify({
      immutable: true,
      ...(artifact.onnx && { binaryData: { [artifactKeys.model]: Buffer.from(artifact.onnx).toString('base64') } }),
      data: {
        [artifactKeys.manifest]: artifact.manifestText,
        [artifactKeys.report]: artifact.reportText,
        ...(artifact.replayText !== undefined && { [artifactKeys.replay]: artifact.replayText }),
        ...Object.fromEntries(artifact.card),
        [artifactKeys.progress]: null,
      },
    });
    const answer = await this.#ask({ method: 'PATCH', path: this.#path, body });
    // An immutable ConfigMap refuses every write: a try whose answer was lost may have done it.
    if (answer.status === 422 && (await this.isComplete())) return;
    if (artifactHashOf(ConfigMap.parse(this.#expectOk(answer))) === artifact.report.artifactSha256) return;
    throw this.#failure('does not hold what was written');
  }

  /** Shows how far training is, at most every 5 s; a failure here never fails training. */
  showProgress(progress: TrainingProgress, now = performance.now()): void {
    if (now - this.#lastProgress < PROGRESS_INTERVAL) return;
    this.#lastProgress = now;
    const body = JSON.stringify({ data: { [artifactKeys.progress]: JSON.stringify(progress) } });
    this.#pendingProgress = this.#client.askOnce({ method: 'PATCH', path: this.#path, body }).then(
      () => undefined,
      () => undefined,
    );
  }

  async #ask(call: Parameters<KubernetesClient['ask']>[0]): Promise<Answer> {
    try {
      return await this.#client.ask(call);
    } catch (error) {
      const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : '';
      throw this.#failure(`could not be reached: ${reason}`, error);
    }
  }

  #expectOk(answer: Answer): unknown {
    if (answer.status < 300) return answer.body;
    const hint = answer.status === 404 ? 'is gone: the operator makes a new one' : 'was refused by the API server';
    throw this.#failure(`${hint} (HTTP ${answer.status})`);
  }

  #failure(what: string, cause?: unknown): TrainingProblem {
    return new TrainingProblem('TrainingFailed', `The ConfigMap ${this.#name} for the artifact ${what}.`, { cause });
  }
}

/** Hash of the manifest when it and the report are there and agree: the model comes in the same write, or came before into a bucket. */
function artifactHashOf(configMap: ConfigMap): string | undefined {
  const manifest = configMap.data?.[artifactKeys.manifest];
  const report = configMap.data?.[artifactKeys.report];
  if (manifest === undefined || report === undefined) return undefined;
  const sha256 = createHash('sha256').update(manifest).digest('hex');
  return TrainingReport.parse(JSON.parse(report)).artifactSha256 === sha256 ? sha256 : undefined;
}
