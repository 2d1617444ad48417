import type {
  ChurnModelRevisionSpec,
  ChurnModelRevisionStatus,
  ChurnModelSpec,
  ChurnModelStatus,
} from '@churnops/crds';
import type { KubeObject, ObjectKey } from './runtime/kube-object.js';

/** A ChurnModel whose spec fits the schema of this release. */
export interface Model {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly generation: number;
  readonly spec: ChurnModelSpec;
  /** Undefined before the operator's first write. */
  readonly status: ChurnModelStatus | undefined;
  readonly object: KubeObject;
}

/** A ChurnModelRevision of the model. */
export interface Revision {
  readonly name: string;
  readonly spec: ChurnModelRevisionSpec;
  /** Undefined before the operator's first write. */
  readonly status: ChurnModelRevisionStatus | undefined;
  readonly createdTime: Date;
  readonly object: KubeObject;
}

/** A training Job. */
export interface Job {
  readonly name: string;
  readonly uid: string;
  readonly state: 'Running' | 'Complete' | 'Failed';
  /** Why it failed, as the Job controller says: `DeadlineExceeded`, `PodFailurePolicy`, `BackoffLimitExceeded`. */
  readonly failureReason: string;
  readonly failureMessage: string;
  readonly hasTtl: boolean;
  /** Deleted, but not gone yet. */
  readonly terminating: boolean;
}

/** A serving Deployment. */
export interface Deployment {
  readonly name: string;
  readonly uid: string;
  /** Whether its status speaks of its spec. */
  readonly observed: boolean;
  readonly wantedReplicas: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  /** Whether its controller gave up waiting for progress. */
  readonly deadlineExceeded: boolean;
  /** Why its pods can't be made, for example a quota; empty while they can. */
  readonly podsRefused: string;
  /** Deleted, but not gone yet. */
  readonly terminating: boolean;
}

/** What a pod is known to suffer from. */
export interface PodProblem {
  /** `ImagePullBackOff`, `OOMKilled`, `Error`, `Unschedulable`, ... */
  readonly reason: string;
  /** The termination message, or what the kubelet or scheduler says. May be empty. */
  readonly message: string;
  readonly exitCode: number | undefined;
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  /** The revision that it serves; undefined for a training pod. */
  readonly revision: string | undefined;
  /** The Job that it belongs to; undefined for a serving pod. */
  readonly job: string | undefined;
  readonly createdTime: Date;
  readonly terminating: boolean;
  readonly ready: boolean;
  /** The value of `annotations.retired`; undefined while its revision serves. */
  readonly retired: string | undefined;
  readonly problem: PodProblem | undefined;
}

/** What the artifact ConfigMap of the newest revision holds while its training is open. */
export type ArtifactContent =
  | { readonly kind: 'Absent' }
  | { readonly kind: 'Open'; readonly step: string | undefined; readonly percent: number | undefined }
  | {
      readonly kind: 'Complete';
      readonly sha256: string;
      readonly metrics: Readonly<Record<string, string>>;
      readonly threshold: string;
      readonly failedGates: readonly string[];
    }
  /** The report does not fit the manifest, or can't be read. */
  | { readonly kind: 'Broken'; readonly message: string };

/** The hash annotation of one of the API key Secrets; undefined hash: the annotation is missing. */
export interface KeySecret {
  readonly uid: string;
  readonly sha256: string | undefined;
}

/** Settings of the operator that decisions and builders need. */
export interface Release {
  readonly trainerImage: string;
  readonly servingImage: string;
  /** Where the operator runs. */
  readonly operatorNamespace: string;
  /** More namespaces whose pods may read the metrics of serving pods. */
  readonly scrapeNamespaces: readonly string[];
}

/** Everything that a reconcile knows. Decisions and builders read it and nothing else. */
export interface World {
  readonly now: Date;
  readonly release: Release;
  readonly model: Model;
  /** By number, oldest first. */
  readonly revisions: readonly Revision[];
  readonly jobs: readonly Job[];
  readonly deployments: readonly Deployment[];
  readonly pods: readonly Pod[];
  /** The revision that the Service's selector names; undefined without a Service. */
  readonly serviceRevision: string | undefined;
  /** Names of the artifact ConfigMaps that exist. */
  readonly configMaps: ReadonlySet<string>;
  /** Undefined when no training is open. */
  readonly artifact: ArtifactContent | undefined;
  /** Whether the Secret of `spec.data.secretRef` exists; undefined when nobody asked. */
  readonly sourceSecretExists: boolean | undefined;
  readonly apiKey: KeySecret | undefined;
  readonly apiKeys: KeySecret | undefined;
}
