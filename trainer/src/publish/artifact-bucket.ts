import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { artifactKeys, type ArtifactStore } from '@churnops/crds';
import { TrainingProblem, errorCode } from '../failure.js';
import { createBucketClient, SECRET_FIELD, type BucketAccess } from './bucket-client.js';
import type { Artifact } from './artifact.js';

/** Pauses before each further try, in milliseconds: two minutes in all. A model that took hours is worth waiting for. */
const patientPauses: readonly number[] = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];

/** Words of S3 services for credentials that are wrong or not allowed to do this. */
const credentialProblems: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'ExpiredToken',
  'InvalidToken',
]);

/** Where the artifacts of one revision are kept, and how to get there. */
export interface BucketTarget {
  readonly store: ArtifactStore;
  /** `s3://BUCKET/FOLDER`: what is below belongs to this revision alone. */
  readonly uri: string;
  readonly access: BucketAccess;
}

/**
 * The folder of an S3 bucket that keeps what one revision's training made: `FOLDER/<SHA-256 of manifest.json>/<file>`. A name
 * is never given to other bytes, so nothing is ever overwritten.
 */
export class ArtifactBucket {
  readonly #target: BucketTarget;
  readonly #pauses: readonly number[];
  readonly #bucket: string;
  readonly #folder: string;
  #client: Promise<S3Client> | undefined;

  constructor(target: BucketTarget, pauses: readonly number[] = patientPauses) {
    this.#target = target;
    this.#pauses = pauses;
    const [, bucket, folder] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(target.uri) ?? [];
    if (bucket === undefined || folder === undefined)
      throw new Error(`${target.uri} is not of the form s3://BUCKET/KEY`);
    this.#bucket = bucket;
    this.#folder = folder;
  }

  /** Finds out that the bucket can't be reached before an hour of training is spent. Throws TrainingProblem. */
  async check(signal?: AbortSignal): Promise<void> {
    await this.#names(signal);
  }

  /** Writes all files, the manifest last: whoever finds it finds the rest. Throws TrainingProblem. */
  async publish(artifact: Artifact, signal?: AbortSignal): Promise<void> {
    const files: readonly (readonly [string, string | Uint8Array | undefined])[] = [
      [artifactKeys.model, artifact.onnx],
      [artifactKeys.replay, artifact.replayText],
      [artifactKeys.report, artifact.reportText],
      ...artifact.card,
      [artifactKeys.manifest, artifact.manifestText],
    ];
    for (const [name, content] of files) {
      if (content === undefined) continue;
      await this.#put(`${this.#folder}/${artifact.report.artifactSha256}/${name}`, content, signal);
    }
  }

  /** Removes everything below the folder, of interrupted tries too. Doing it again does no harm. Throws TrainingProblem. */
  async removeAll(signal?: AbortSignal): Promise<readonly string[]> {
    const names = await this.#names(signal);
    for (const Key of names) {
      await this.#ask(signal, (client, options) =>
        client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key }), options),
      );
    }
    return names;
  }

  async close(): Promise<void> {
    // A client that could not be made has nothing to close.
    await this.#client?.then(
      (client) => {
        client.destroy();
      },
      () => undefined,
    );
  }

  /** The service compares the bytes with the hash. One that has the name already has these bytes. */
  async #put(key: string, content: string | Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const object = {
      Bucket: this.#bucket,
      Key: key,
      Body: content,
      ChecksumSHA256: createHash('sha256').update(content).digest('base64'),
      IfNoneMatch: '*',
    };
    await this.#ask(signal, async (client, options) => {
      try {
        await client.send(new PutObjectCommand(object), options);
      } catch (error) {
        if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 412) throw error;
      }
    });
  }

  #names(signal: AbortSignal | undefined): Promise<string[]> {
    return this.#ask(signal, async (client, options) => {
      const names: string[] = [];
      const below = { Bucket: this.#bucket, Prefix: `${this.#folder}/` };
      for await (const page of paginateListObjectsV2({ client }, below, options)) {
        names.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
      }
      return names;
    });
  }

  async #ask<T>(
    signal: AbortSignal | undefined,
    call: (client: S3Client, options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const client = await this.#connected();
    for (let tried = 0; ; tried += 1) {
      try {
        return await call(client, signal === undefined ? {} : { abortSignal: signal });
      } catch (cause) {
        signal?.throwIfAborted();
        const pause = isPassing(cause) ? this.#pauses[tried] : undefined;
        if (pause === undefined) throw this.#problem(cause);
        await sleep(pause, undefined, { signal });
      }
    }
  }

  #connected(): Promise<S3Client> {
    const { store, access } = this.#target;
    this.#client ??= createBucketClient(store, access);
    return this.#client;
  }

  #problem(cause: unknown): Error {
    if (cause instanceof TrainingProblem) return cause;
    const { endpoint } = this.#target.store;
    // A password may stand in a URL, and messages reach logs and the status.
    const service = endpoint === '' ? 'AWS S3' : endpoint.replace(/\/\/[^/]*@/, '//');
    return new TrainingProblem('ArtifactStoreUnreachable', sentenceOf(cause, service, this.#bucket), { cause });
  }
}

function sentenceOf(cause: unknown, service: string, bucket: string): string {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'NoSuchBucket') {
    return `${service} has no bucket "${bucket}": create it, or change spec.artifacts.s3.bucket.`;
  }
  if (name === 'CredentialsProviderError') {
    return `There are no credentials for bucket "${bucket}": set ${SECRET_FIELD}, or give the pod an identity.`;
  }
  if (credentialProblems.has(name)) {
    return `${service} refuses the credentials of ${SECRET_FIELD} for bucket "${bucket}" (${name}): they must be allowed to put, get, list and delete objects.`;
  }
  const status = cause instanceof S3ServiceException ? `, HTTP status ${cause.$metadata.httpStatusCode ?? 0}` : '';
  return `${service} could not be used for bucket "${bucket}" (${errorCode(cause) ?? name}${status}): check spec.artifacts.s3 and the network.`;
}

/** Whether the next try may help. */
function isPassing(cause: unknown): boolean {
  if (cause instanceof S3ServiceException)
    return [429, 500, 502, 503, 504].includes(cause.$metadata.httpStatusCode ?? 0);
  return !(cause instanceof TrainingProblem) && !(cause instanceof Error && cause.name === 'CredentialsProviderError');
}
