import { z } from 'zod';
import { ObjectName } from './scalars.js';

/** Keeps fields that the schema does not name. */
const OPEN = { 'x-kubernetes-preserve-unknown-fields': true } as const;

/** A Kubernetes object that is passed on as it was written; the API server that gets it judges it. */
const Verbatim = z.looseObject({}).meta(OPEN);

const Affinity = z.strictObject({
  nodeAffinity: Verbatim.optional().describe('Which nodes, as in a PodSpec.'),
  podAffinity: Verbatim.optional().describe('Near which pods, as in a PodSpec.'),
  podAntiAffinity: Verbatim.optional().describe('Away from which pods, as in a PodSpec.'),
});

/** A metric of a HorizontalPodAutoscaler. Every type has a field of its own, which is passed on as it was written. */
export const AutoscalingMetric = z
  .looseObject({
    type: z
      .enum(['Resource', 'ContainerResource', 'Pods', 'Object', 'External'])
      .describe('Type of the metric; the field of the same name, as resource or external, says the rest.'),
  })
  .meta(OPEN);

/** How fast a HorizontalPodAutoscaler acts. */
export const AutoscalingBehavior = z.strictObject({
  scaleUp: Verbatim.optional().describe('How fast pods are added, as in a HorizontalPodAutoscaler.'),
  scaleDown: Verbatim.optional().describe('How fast pods are taken away, as in a HorizontalPodAutoscaler.'),
});

/** A qualified name (`example.com/tier`), as label and annotation keys and topology keys are. */
const QualifiedName = z
  .string()
  .min(1)
  .max(316)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/);

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
    .describe('What becomes of a pod that can not be placed so: it waits, or it is placed anyway.'),
  minDomains: z.int32().min(1).optional().describe('Domains there must be, with DoNotSchedule.'),
  nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).optional().describe('Whether nodes ruled out by affinity count.'),
  nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional().describe('Whether nodes ruled out by taints count.'),
});

const scheduling = {
  nodeSelector: z.record(z.string(), LabelValue).default({}).describe('Labels that the node must have.'),
  tolerations: z.array(Toleration).max(32).default([]).describe('Taints that the pod may ignore.'),
  affinity: Affinity.default({}).describe('Nodes that the pod prefers or needs, and pods to be near to or away from.'),
  priorityClassName: z
    .string()
    .max(253)
    .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/)
    .default('')
    .describe('PriorityClass of the pod. Default: that of the cluster.'),
  imagePullSecrets: z
    .array(z.strictObject({ name: ObjectName.describe('Name of the Secret.') }))
    .max(16)
    .default([])
    .describe('Secrets with registry credentials, in the namespace of the model.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
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
    .describe('More environment of the trainer, for example HTTPS_PROXY.')
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
    .describe('How the pods of a revision are spread. Default: evenly over nodes, where that can be done.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['topologyKey', 'whenUnsatisfiable'] }),
  labels: z
    .record(z.string(), LabelValue)
    .default({})
    .describe('More labels of the pods; those of ChurnOps stay as they are.'),
  annotations: z
    .record(z.string(), z.string().max(4096))
    .default({})
    .describe('More annotations of the pods, for example of a service mesh.'),
});
export type ServingPod = z.infer<typeof ServingPod>;
