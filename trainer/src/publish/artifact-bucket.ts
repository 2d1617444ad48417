import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { artifactKeys, type ArtifactStore } from '@churnops/crds';
import { createS3Client } from '../network/s3-client.js';
import { s3Name, s3Problem } from '../network/s3-problem.js';
import { artifactService, unreachable, type ServiceAccess } from '../network/service.js';
import { withRetry, type FailedTry } from '../network/with-retry.js';
import type { Artifact } from './artifact.js';

/** Pauses before each further try, in milliseconds: two minutes in all. A model that took hours is worth waiting for. */
const patientPauses: readonly number[] = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];

const waiting = { connectMs: 10_000, idleMs: 60_000 };

/** Where the artifacts of one revision are kept, and how to get there. */
export interface BucketTarget {
  readonly store: ArtifactStore;
  /** `s3://BUCKET/FOLDER`: what is below belongs to this revision alone. */
  readonly uri: string;
  readonly access: ServiceAccess;
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
    const { bucket, key } = placeOf(target.uri);
    this.#bucket = bucket;
    this.#folder = key;
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

  /**
   * Brings the manifest and the graph of an artifact of another revision into a folder; without those that are gone. Throws
   * TrainingProblem.
   */
  async fetch(uri: string, folder: string, signal?: AbortSignal): Promise<void> {
    const { bucket, key } = placeOf(uri);
    await mkdir(folder, { recursive: true });
    for (const name of [artifactKeys.manifest, artifactKeys.model]) {
      await this.#ask(signal, async (client, options) => {
        const command = new GetObjectCommand({ Bucket: bucket, Key: `${key}/${name}` });
        const { Body: body } = await client.send(command, options).catch(unlessGone);
        if (body !== undefined) await writeFile(join(folder, name), await body.transformToByteArray());
      });
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
    return withRetry(() => call(client, signal === undefined ? {} : { abortSignal: signal }), {
      explain: (cause) => this.#explain(cause),
      pausesMs: this.#pauses,
      signal,
    });
  }

  #connected(): Promise<S3Client> {
    const { store, access } = this.#target;
    this.#client ??= createS3Client(store, { ...access, service: artifactService, waiting });
    return this.#client;
  }

  #explain(cause: unknown): FailedTry {
    const { store, uri } = this.#target;
    const name = s3Name(store);
    const peer = { service: artifactService, name, uri, field: 'spec.artifacts.s3.endpoint' };
    return s3Problem(cause, peer, (answer) =>
      unreachable(
        artifactService,
        `${name} has no bucket "${this.#bucket}": create it, or change spec.artifacts.s3.bucket.`,
        answer,
      ),
    );
  }
}

function placeOf(uri: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) throw new Error(`${uri} is not of the form s3://BUCKET/KEY`);
  return { bucket, key };
}

function unlessGone(error: unknown): { Body?: undefined } {
  if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return {};
  throw error;
}
