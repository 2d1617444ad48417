import type {
  ChurnModelRevisionSpec,
  ChurnModelRevisionStatus,
  ChurnModelSpec,
  ChurnModelStatus,
  DataFinding,
  HistoryEntry,
} from '@churnops/crds';
import type { RegistrationRecord } from './decide/registration-record.js';
import type { KubeObject, ObjectKey } from './runtime/kube-object.js';
import type { ResourceKind } from './runtime/resource-kind.js';
import type { Sample } from './scrape/metrics-text.js';

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

/** A Job of the model: one that trains, removes or registers. */
export interface Job {
  readonly name: string;
  readonly uid: string;
  readonly state: 'Running' | 'Complete' | 'Failed';
  /** Why it failed, as the Job controller says: `DeadlineExceeded`, `PodFailurePolicy`, `BackoffLimitExceeded`. */
  readonly failureReason: string;
  readonly failureMessage: string;
  readonly hasTtl: boolean;
  /** What it tells MLflow; undefined for a Job of another kind. */
  readonly registration: RegistrationRecord | undefined;
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
  /** The value of `annotations.retried`: when refused pods were asked for again. */
  readonly retriedTime: string | undefined;
  /** Deleted, but not gone yet. */
  readonly terminating: boolean;
}

/** The HorizontalPodAutoscaler of the model. */
export interface Autoscaler {
  readonly uid: string;
  /** Name of the Deployment that it scales. */
  readonly target: string;
  /** The pods that it asked for last; 0 before it asked for any. */
  readonly desiredReplicas: number;
  /** Deleted, but not gone yet. */
  readonly terminating: boolean;
}

/** A PodDisruptionBudget. */
export interface Budget {
  readonly name: string;
  readonly uid: string;
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
  readonly resourceVersion: string;
  /** The revision that it serves; undefined for a training pod. */
  readonly revision: string | undefined;
  /** The Job that it belongs to; undefined for a serving pod. */
  readonly job: string | undefined;
  readonly createdTime: Date;
  readonly terminating: boolean;
  readonly ready: boolean;
  /** How often its container was started again. */
  readonly restarts: number;
  /** The value of `annotations.retired`; undefined while its revision serves. */
  readonly retired: string | undefined;
  /** The value of `annotations.routing`; undefined when it was never told where to send rows. */
  readonly routing: string | undefined;
  /** Its IP address; undefined before it has one. */
  readonly address: string | undefined;
  readonly problem: PodProblem | undefined;
}

/** How good a model is, as the trainer reports it, and where its card is. */
export type ModelFigures = Pick<ChurnModelRevisionStatus, 'metrics' | 'intervals' | 'gates' | 'modelCard'>;

/** What the artifact ConfigMap of the newest revision holds while its training is open. */
export type ArtifactContent =
  | { readonly kind: 'Absent' }
  | { readonly kind: 'Open'; readonly step: string | undefined; readonly percent: number | undefined }
  | {
      readonly kind: 'Complete';
      readonly sha256: string;
      readonly figures: ModelFigures;
      readonly threshold: string;
      readonly failedGates: readonly string[];
      /** What was found in the table, the gravest first; undefined in reports of release 0.1.0. */
      readonly findings?: readonly DataFinding[] | undefined;
    }
  /** The report does not fit the manifest, or can't be read. */
  | { readonly kind: 'Broken'; readonly message: string };

/** A ServiceAccount, Role, RoleBinding or ConfigMap of the model: known by its metadata. */
export interface Belonging {
  readonly resource: ResourceKind;
  readonly name: string;
  readonly uid: string;
}

/** What the ConfigMap with the reports of deleted revisions holds. */
export type HistoryContent =
  | { readonly kind: 'Absent' }
  | {
      readonly kind: 'Read';
      readonly uid: string;
      readonly resourceVersion: string;
      readonly entries: readonly HistoryEntry[];
    }
  /** Someone, or a newer release, wrote what this release can't read. */
  | { readonly kind: 'Unreadable'; readonly message: string };

/** The hash annotation of one of the API key Secrets; undefined hash: the annotation is missing. */
export interface KeySecret {
  readonly uid: string;
  readonly sha256: string | undefined;
}

/** What the metadata of the Secret with the signing keys says. */
export interface SigningSecret {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Ids of both keys, older first; none when the annotation does not name exactly two. */
  readonly ids: readonly string[];
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

/** The metrics page of a pod, or why it could not be read, in a clause. */
export type Page = { readonly samples: readonly Sample[] } | { readonly problem: string };

/** What requests may carry, and from how many rows the model was made, as the manifest of a revision's artifact says. */
export interface Contract {
  readonly data: { readonly rows: number };
  /** All columns of the training table. */
  readonly columns: readonly { readonly name: string }[];
  readonly features: readonly {
    readonly name: string;
    readonly storedAs: string;
    readonly missingPolicy: 'Allow' | 'Reject';
  }[];
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
  /** Undefined without one of ours. */
  readonly autoscaler: Autoscaler | undefined;
  /** The PodDisruptionBudget of the pods that are kept to go back to; undefined without one of ours. */
  readonly previousBudget: Budget | undefined;
  /** Names of the artifact ConfigMaps that exist. */
  readonly configMaps: ReadonlySet<string>;
  /** What trainings need or leave behind, and whatever else of these kinds the model has. */
  readonly belongings: readonly Belonging[];
  /** Undefined when nobody asked: it is only read when a revision is to be deleted, or the last number is lost. */
  readonly history: HistoryContent | undefined;
  /** Undefined when no training is open. */
  readonly artifact: ArtifactContent | undefined;
  /** Why the running Job's pod can't be made, as its newest event says; undefined when it has one, or nobody asked. */
  readonly jobRefusal: string | undefined;
  /** Whether the Secret of `spec.data.secretRef` exists; undefined when nobody asked. */
  readonly sourceSecretExists: boolean | undefined;
  readonly apiKey: KeySecret | undefined;
  readonly apiKeys: KeySecret | undefined;
  /** Undefined without one of ours. */
  readonly signing: SigningSecret | undefined;
  /** By revision, of those whose rollout may record it now: who set a verdict that is not recorded yet. */
  readonly verdictManagers: ReadonlyMap<string, string>;
  /** By revision, of the two that a rollout is about to begin between; undefined for one that can't be read, or at other times. */
  readonly contracts: ReadonlyMap<string, Contract> | undefined;
  /** By pod, of those that take part in a rollout; undefined while it is not time to read them. */
  readonly pages: ReadonlyMap<string, Page> | undefined;
  /** For how long this process has looked after the rollout under way without a gap; 0 at its first look. */
  readonly watchedSeconds: number;
}
