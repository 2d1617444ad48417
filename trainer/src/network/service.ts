import type { TrainingFailure } from '@churnops/crds';
import { TrainingProblem } from '../failure.js';

/** A part of a model's spec that names a service, and what it is called when that can't be used now. */
export interface Service {
  readonly section: string;
  readonly unreachable: TrainingFailure['reason'];
}

export const dataService: Service = { section: 'spec.data', unreachable: 'DataUnreachable' };
export const artifactService: Service = { section: 'spec.artifacts.s3', unreachable: 'ArtifactStoreUnreachable' };

export const registryService: Service = { section: 'spec.registry.mlflow', unreachable: 'RegistryUnreachable' };

/** How to get into a service. */
export interface ServiceAccess {
  /** Folder with one file per key of the Secret; absent: no Secret. */
  readonly credentials?: string;
  /** PEM file of CAs to trust beside the public ones. */
  readonly caFile?: string;
  /** Environment with `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; absent: no proxy. */
  readonly proxy?: Record<string, string | undefined>;
}

/** A service can't be used now: a later try may help. */
export function unreachable({ unreachable: reason }: Service, message: string, cause?: unknown): TrainingProblem {
  return new TrainingProblem(reason, message, { cause });
}
