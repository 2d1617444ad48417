import type { Validation } from './structural-schema.js';

/** CEL rules of a kind, by the path of the field that they stand at; the empty path is the object itself. */
export type ValidationTable = Readonly<Record<string, readonly Validation[]>>;

/** Map keys have no pattern of their own in a schema: a label, annotation or resource name is checked by a rule. */
const QUALIFIED_NAME = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$';

function keysAreNames(field: string): Validation {
  return {
    rule: `!has(self.${field}) || self.${field}.all(k, k.matches('${QUALIFIED_NAME}'))`,
    message: `${field} must have keys like example.com/name`,
  };
}

function keysAreNotOurs(field: string, ...prefixes: readonly string[]): Validation {
  const isOurs = prefixes.map((prefix) => `k.startsWith('${prefix}')`).join(' || ');
  return {
    rule: `!has(self.${field}) || !self.${field}.exists(k, ${isOurs})`,
    message: `${field} must not start with ${prefixes.join(' or ')}: the operator sets those`,
  };
}

/** What the API server would say of the pods, but only after the training. */
const tolerationRules: readonly Validation[] = [
  {
    rule: "(has(self.key) && self.key != '') || (has(self.operator) && self.operator == 'Exists')",
    message: 'a toleration without key needs operator Exists',
  },
  {
    rule: "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
    message: 'a toleration with operator Exists takes no value',
  },
  {
    rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
    message: 'tolerationSeconds needs effect NoExecute',
  },
];

const resourcesRules: readonly Validation[] = [
  {
    rule: '!has(self.requests) || !has(self.limits) || self.requests.all(r, !(r in self.limits) || quantity(self.requests[r]).compareTo(quantity(self.limits[r])) <= 0)',
    message: 'a request must not be above the limit of the same resource',
  },
];

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
      rule: "self.autoscaling.policy != 'HorizontalPodAutoscaler' || size(self.autoscaling.metrics) > 0 || (has(self.serving.resources.requests) && 'cpu' in self.serving.resources.requests) || (has(self.serving.resources.limits) && 'cpu' in self.serving.resources.limits)",
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
      rule: "self.uri.startsWith('postgres://') == has(self.query)",
      message: 'a postgres:// uri needs query, and no other uri takes one',
    },
    {
      rule: "!self.uri.startsWith('postgres://') || has(self.secretRef)",
      message: 'a postgres:// uri needs secretRef: a Secret with username and password',
    },
    {
      rule: "!self.uri.startsWith('postgres://') || !has(self.format) || self.format == 'Auto'",
      message: 'a postgres:// uri takes no format: the database tells the types',
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
      message: 'minReplicas must not be above maxReplicas (2 and 10 unless set)',
    },
  ],
  'spec.rollout.steps': [
    {
      rule: 'self.map(s, s.percent).isSorted() && self.all(s, self.exists_one(t, t.percent == s.percent))',
      message: 'each step must have a larger percent than the one before',
    },
  ],
  'spec.rollout.steps.items': [
    {
      rule: '!has(self.minSeconds) || !has(self.maxSeconds) || self.minSeconds <= self.maxSeconds',
      message: 'maxSeconds must not be below minSeconds (60 unless set)',
    },
  ],
  'spec.registry.mlflow': [
    {
      rule: 'self.championAlias != self.challengerAlias',
      message: 'championAlias and challengerAlias must be different',
    },
    {
      rule: "![self.championAlias, self.challengerAlias].exists(a, a.matches('^([vV][0-9]+|[lL][aA][tT][eE][sS][tT])$'))",
      message: 'an alias must not be latest, or v and a number: MLflow reserves those',
    },
  ],
  'spec.serving.service': [keysAreNames('annotations'), keysAreNotOurs('annotations', 'churnops.dev/')],
  'spec.serving.resources': resourcesRules,
  'spec.serving.pod': [
    keysAreNames('nodeSelector'),
    keysAreNames('labels'),
    keysAreNotOurs('labels', 'churnops.dev/', 'app.kubernetes.io/'),
    keysAreNames('annotations'),
    keysAreNotOurs('annotations', 'churnops.dev/'),
  ],
  'spec.serving.pod.tolerations.items': tolerationRules,
  'spec.serving.pod.topologySpreadConstraints.items': [
    {
      rule: "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
      message: 'minDomains needs whenUnsatisfiable DoNotSchedule',
    },
  ],
  'spec.training.resources': resourcesRules,
  'spec.training.pod': [keysAreNames('nodeSelector')],
  'spec.training.pod.tolerations.items': tolerationRules,
  'spec.training.pod.env.items': [
    {
      rule: "!self.name.startsWith('CHURNOPS_')",
      message: 'env must not name CHURNOPS_ variables: the operator sets those',
    },
  ],
  'spec.training.gates.items': [
    {
      rule: 'has(self.minValue) || has(self.maxValue) || has(self.minChange) || has(self.maxChange)',
      message: 'a gate needs minValue, maxValue, minChange or maxChange',
    },
    {
      rule: '!has(self.minValue) || !has(self.maxValue) || double(self.minValue) <= double(self.maxValue)',
      message: 'minValue must not be above maxValue',
    },
    {
      rule: '!has(self.minChange) || !has(self.maxChange) || double(self.minChange) <= double(self.maxChange)',
      message: 'minChange must not be above maxChange',
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
  'spec.decision.profit': [
    {
      rule: '!has(self.acceptanceProbability) || (double(self.acceptanceProbability) > 0.0 && double(self.acceptanceProbability) <= 1.0)',
      message: 'acceptanceProbability must be above 0 and at most 1',
    },
    {
      rule: '(!has(self.offerCost) || double(self.offerCost) >= 0.0) && (!has(self.contactCost) || double(self.contactCost) >= 0.0)',
      message: 'offerCost and contactCost must not be negative',
    },
    {
      // The API server checks the default of this block, {}, before it fills in the fields.
      rule: '!has(self.customerValue) || !has(self.offerCost) || !has(self.contactCost) || !has(self.acceptanceProbability) || double(self.acceptanceProbability) * (double(self.customerValue) - double(self.offerCost)) > double(self.contactCost)',
      message: 'no offer ever pays: acceptanceProbability * (customerValue - offerCost) must be above contactCost',
    },
  ],
};

export const churnModelRevisionValidations: ValidationTable = {
  spec: [{ rule: 'self == oldSelf', message: 'the spec of a ChurnModelRevision is immutable' }],
};
