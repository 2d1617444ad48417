import type { ChurnModelRevisionStatus } from '@churnops/crds';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { ResourceKind } from '../runtime/resource-kind.js';
import type { Revision, SigningSecret } from '../world.js';

/** An event for people, in `kubectl describe churnmodel`. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** One write. The order of a plan's actions is the order of the writes; the first one that fails ends the plan, unless it may fail. */
export type Action =
  /** Server-side apply of a child; nothing is sent when it is as wanted. */
  | {
      readonly kind: 'Apply';
      readonly object: DesiredObject;
      readonly mayFail?: MayFail;
    }
  /** POST of a child; a child of ours that has the name already is left as it is. */
  | { readonly kind: 'Create'; readonly object: DesiredObject; readonly mayFail?: MayFail }
  /** The revision's whole status, refused when someone wrote in between; then the event, if there is one. */
  | {
      readonly kind: 'Record';
      readonly revision: Revision;
      readonly status: ChurnModelRevisionStatus;
      readonly event?: EventNote | undefined;
    }
  /** The Secret with the hash of the key that is there already; without one, a new key and its Secret before. */
  | { readonly kind: 'WriteApiKey'; readonly sha256: string | undefined; readonly event?: EventNote | undefined }
  /** The Secret with the signing keys: made with two; with one added and the oldest gone when it is there (as it was read). */
  | { readonly kind: 'WriteSigningKeys'; readonly secret: SigningSecret | undefined }
  /**
   * The ConfigMap with the reports of deleted revisions: refused when it is not as it was read (undefined: absent), so that
   * none is lost and none is there twice.
   */
  | {
      readonly kind: 'WriteHistory';
      readonly object: DesiredObject;
      readonly existing: { readonly uid: string; readonly resourceVersion: string } | undefined;
      readonly event: EventNote;
    }
  /** An event without a write. */
  | { readonly kind: 'Tell'; readonly event: EventNote }
  | { readonly kind: 'Scale'; readonly deployment: string; readonly replicas: number; readonly mayFail?: MayFail }
  /**
   * A merge patch of an object with this uid. One that names a version is dropped where the object has changed since: that change
   * brings the model back, and nothing else waits.
   */
  | {
      readonly kind: 'Patch';
      readonly resource: ResourceKind;
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion?: string;
      readonly patch: Readonly<Record<string, unknown>>;
      readonly mayFail?: MayFail;
    }
  | {
      readonly kind: 'Delete';
      readonly resource: ResourceKind;
      readonly name: string;
      readonly uid: string;
      readonly mayFail?: MayFail;
    };

/** A refusal is told, but ends nothing: what comes after does not need it. */
type MayFail = true;

/** Why, and when, to look again although nothing changed in the cluster. */
export interface LookAgain {
  readonly seconds: number;
  readonly reason: string;
}

/** What a reconcile will do. */
export interface Plan {
  readonly actions: readonly Action[];
  /** Undefined: only a change in the cluster is a reason. */
  readonly lookAgain: LookAgain | undefined;
}
