import { z } from 'zod';
import { ObjectName } from './scalars.js';

/** The file of the downward API volume (`servingMounts.pod`) that holds the annotation `annotations.routing`. */
export const ROUTING_FILE = 'routing';

/** The peer port of a serving pod. */
const RoutingPeer = z.object({
  pod: ObjectName,
  address: z.union([z.ipv4(), z.ipv6()]),
  /** Default: `ports.peer.number`. */
  port: z.int32().min(1).max(65_535).optional(),
});
export type RoutingPeer = z.infer<typeof RoutingPeer>;

const peers = z.array(RoutingPeer).max(64).readonly();

/**
 * Where a serving pod sends its predictions. The annotation is this as JSON; without it, or without `candidate`, the pod answers
 * everything itself. Of the rows that a pod takes, `percent` % go to the candidate and as many others, chosen the same way, to the
 * control group: pods of the router's own revision. A pod of an earlier release leaves aside fields that it does not know.
 */
export const Routing = z.object({
  /** Rises with every decision about any rollout of the model, never falls. A pod ignores one lower than it has seen. */
  sequence: z.int().min(0),
  /**
   * How long a forwarded row may take, in milliseconds, before the pod answers with its own result: the latency that the
   * rollout tolerates. The pod never waits longer than half its request timeout.
   */
  deadlineMilliseconds: z.int32().min(1).max(150_000).default(100),
  candidate: z
    .object({
      revision: ObjectName,
      percent: z.int32().min(0).max(100),
      /** `Answer`: users get the candidate's result, if one comes. `Shadow`: it is sent copies, and users never see it. */
      mode: z.enum(['Shadow', 'Answer']),
      peers,
    })
    .optional(),
  control: z.object({ peers }).optional(),
  /**
   * Besides the live rows, this pod sends held-out rows of its artifact to both groups, as copies that nobody is answered with.
   * Absent: none.
   */
  replay: z
    .object({
      /** Rows that each group gets from this pod in a second; a fraction where many pods share the work. */
      rowsPerSecond: z.number().min(0.01).max(100),
    })
    .optional(),
});
export type Routing = z.infer<typeof Routing>;

/** What tells one text of the annotation from another: its 32-bit FNV-1a hash over UTF-16 code units, as 8 hexadecimal digits. */
export function routingDigest(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Whom rows are forwarded to: label `group` of the metrics of forwarding. */
export const ForwardGroup = z.enum(['Candidate', 'Control']);
export type ForwardGroup = z.infer<typeof ForwardGroup>;

/**
 * Where a forwarded row comes from: label `source` of the metrics of forwarding. `Live`: a client asked. `Replay`: it is a
 * held-out row of the artifact.
 */
export const RowSource = z.enum(['Live', 'Replay']);
export type RowSource = z.infer<typeof RowSource>;

/**
 * What became of a row that is in a group: label `outcome` of `churnops_forwarded_total`. `Answered` is the only success, and
 * `Skipped` counts neither way; all others are failures of the group. Label `pod` is empty where no pod was chosen.
 */
export const ForwardOutcome = z.enum([
  /** A good result in time. */
  'Answered',
  /** Nothing in time. */
  'Timeout',
  /** No connection, or it broke before the result was there. */
  'Unreachable',
  /** No result at all, one of another shape or revision, or one that is too long. */
  'Malformed',
  /** The peer refused the message or the row, although this pod can score it. */
  'Refused',
  /** Not sent, because half of the last messages failed. */
  'BreakerOpen',
  /** Not sent, because of this pod's own limits, or because it has no signing key. */
  'Skipped',
]);
export type ForwardOutcome = z.infer<typeof ForwardOutcome>;
