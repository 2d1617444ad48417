import type { Validation } from './structural-schema.js';

/** CEL rules of a kind, by the path of the field that they stand at; the empty path is the object itself. */
export type ValidationTable = Readonly<Record<string, readonly Validation[]>>;

/** Names of children are derived from the model's name, and must stay DNS labels of at most 63 characters. */
export const churnModelValidations: ValidationTable = {
  '': [
    {
      rule: "self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
      message:
        'metadata.name must have at most 40 characters: lower case letters, digits and dashes; it starts with a letter and does not end with a dash',
    },
  ],
  spec: [
    {
      rule: '!self.features.exists(f, f.name == self.data.label)',
      message: 'features must not name data.label: the label is never a feature',
    },
    {
      rule: '!has(self.data.entityKey) || !self.features.exists(f, f.name == self.data.entityKey)',
      message: 'features must not name data.entityKey: the entity key is never a feature',
    },
    {
      rule: "self.autoscaling.policy != 'HorizontalPodAutoscaler' || size(self.autoscaling.metrics) > 0 || (has(self.serving.resources.requests) && 'cpu' in self.serving.resources.requests)",
      message:
        'a CPU target needs serving.resources.requests.cpu; or set autoscaling.metrics, or another autoscaling.policy',
    },
  ],
  'spec.data': [
    {
      rule: '!has(self.entityKey) || self.entityKey != self.label',
      message: 'entityKey and label must be different columns',
    },
    {
      rule: '!has(oldSelf.entityKey) || (has(self.entityKey) && self.entityKey == oldSelf.entityKey)',
      message: 'entityKey is immutable once set: make another ChurnModel',
    },
    {
      rule: "!self.uri.startsWith('file://') || has(self.volume)",
      message: 'a file:// uri needs volume.persistentVolumeClaimName',
    },
    {
      rule: '!(self.label in self.excludeColumns)',
      message: 'excludeColumns must not name the label',
    },
    {
      rule: '!has(self.positiveLabel) || !(self.positiveLabel in self.excludeLabels)',
      message: 'excludeLabels must not name positiveLabel',
    },
  ],
  'spec.autoscaling': [
    {
      // Defaults are checked before they are filled in: each field may be missing.
      rule: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
      message: 'minReplicas must not be above maxReplicas',
    },
  ],
  'spec.serving.pod': [
    {
      rule: "!has(self.labels) || !self.labels.exists(k, k.startsWith('churnops.dev/') || k.startsWith('app.kubernetes.io/'))",
      message: 'labels must not start with churnops.dev/ or app.kubernetes.io/: the operator sets those',
    },
    {
      rule: "!has(self.annotations) || !self.annotations.exists(k, k.startsWith('churnops.dev/'))",
      message: 'annotations must not start with churnops.dev/: the operator sets those',
    },
  ],
  'spec.training.pod.env.items': [
    {
      rule: "!self.name.startsWith('CHURNOPS_')",
      message: 'env must not name CHURNOPS_ variables: the operator sets those',
    },
  ],
  'spec.training.gates.items': [
    {
      rule: 'has(self.minValue) || has(self.maxValue)',
      message: 'a gate needs minValue or maxValue',
    },
    {
      rule: '!has(self.minValue) || !has(self.maxValue) || double(self.minValue) <= double(self.maxValue)',
      message: 'minValue must not be above maxValue',
    },
  ],
  'spec.decision': [
    {
      // The API server checks the default of this block, {}, before it fills in thresholdPolicy.
      rule: "!has(self.thresholdPolicy) || self.thresholdPolicy != 'Fixed' || has(self.fixedThreshold)",
      message: 'thresholdPolicy Fixed needs fixedThreshold',
    },
    {
      rule: '!has(self.fixedThreshold) || (double(self.fixedThreshold) > 0.0 && double(self.fixedThreshold) < 1.0)',
      message: 'fixedThreshold must be above 0 and below 1',
    },
  ],
};

export const churnModelRevisionValidations: ValidationTable = {
  spec: [{ rule: 'self == oldSelf', message: 'the spec of a ChurnModelRevision is immutable' }],
};
