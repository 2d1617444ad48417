import { z } from 'zod';
import { ObjectName } from './scalars.js';

/** A Kubernetes object that is passed on as it was written; the API server that makes the pod judges it. */
const verbatim = z.looseObject({}).meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** A list of Kubernetes objects that are passed on as they were written. */
export function verbatimList(maximum: number) {
  return z.array(verbatim).max(maximum);
}

/** A Kubernetes object that is passed on as it was written. */
export const Verbatim = verbatim;

/** A qualified name (`example.com/tier`), as label and annotation keys and topology keys are. */
const QualifiedName = z.string().min(1).max(316);

const LabelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/);

const Toleration = z.strictObject({
  key: z.string().max(316).optional().describe('Key of the taint. Without it, with operator Exists, every taint.'),
  operator: z.enum(['Exists', 'Equal']).optional().describe('How key and value are compared. Default: Equal.'),
  value: LabelValue.optional().describe('Value of the taint, with Equal.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Effect of the taint. Default: every effect.'),
  tolerationSeconds: z.int32().optional().describe('How long a NoExecute taint is tolerated, in seconds.'),
});

const TopologySpreadConstraint = z.strictObject({
  maxSkew: z.int32().min(1).describe('By how many pods two domains may differ.'),
  topologyKey: QualifiedName.describe('Node label whose values are the domains, as topology.kubernetes.io/zone.'),
  whenUnsatisfiable: z
    .enum(['DoNotSchedule', 'ScheduleAnyway'])
    .describe('What becomes of a pod that can not be placed so.'),
  minDomains: z.int32().min(1).optional().describe('Domains there must be, with DoNotSchedule.'),
  nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).optional().describe('Whether nodes ruled out by affinity count.'),
  nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional().describe('Whether nodes ruled out by taints count.'),
});

const scheduling = {
  nodeSelector: z.record(z.string(), LabelValue).default({}).describe('Labels that the node must have.'),
  tolerations: z.array(Toleration).max(32).default([]).describe('Taints that the pod may ignore.'),
  affinity: Verbatim.default({}).describe('Affinity of the pod, as in a PodSpec.'),
  priorityClassName: z
    .string()
    .max(253)
    .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/)
    .default('')
    .describe('PriorityClass of the pod.'),
  imagePullSecrets: z
    .array(z.strictObject({ name: ObjectName.describe('Name of the Secret.') }))
    .max(16)
    .default([])
    .describe('Secrets with registry credentials, in the namespace of the model.'),
};

/** Settings of training pods that a platform asks for. */
export const TrainingPod = z.strictObject({
  ...scheduling,
  env: z
    .array(
      z.strictObject({
        name: z
          .string()
          .max(253)
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
          .describe('Name of the variable.'),
        value: z.string().max(4096).describe('Its value. Not for secrets: everyone who can read the model sees it.'),
      }),
    )
    .max(32)
    .default([])
    .describe('Environment of the trainer, for proxies and the like.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
});
export type TrainingPod = z.infer<typeof TrainingPod>;

/** Settings of serving pods that a platform asks for. */
export const ServingPod = z.strictObject({
  ...scheduling,
  topologySpreadConstraints: z
    .array(TopologySpreadConstraint)
    .max(8)
    .default([])
    .describe("How pods are spread; the selector is always the revision's. Default: over nodes, where it can be done."),
  labels: z.record(z.string(), LabelValue).default({}).describe('More labels of the pods.'),
  annotations: z.record(z.string(), z.string().max(4096)).default({}).describe('More annotations of the pods.'),
});
export type ServingPod = z.infer<typeof ServingPod>;
