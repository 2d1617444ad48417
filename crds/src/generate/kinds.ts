import type { z } from 'zod';
import { ChurnModelRevisionSpec, ChurnModelRevisionStatus } from '../churn-model-revision.js';
import { ChurnModelSpec, ChurnModelStatus } from '../churn-model.js';
import { churnModelRevisionValidations, churnModelValidations, type ValidationTable } from './validations.js';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'date' | 'integer';
  readonly jsonPath: string;
  readonly description: string;
  /** 1: only with `-o wide`. */
  readonly priority?: 1;
}

/** Everything that the generator knows of a kind. */
export interface Kind {
  readonly kind: string;
  readonly singular: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly specDescription: string;
  readonly status: z.ZodType;
  readonly validations: ValidationTable;
  readonly columns: readonly PrinterColumn[];
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string };
}

const age = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Since when the object exists.',
} as const satisfies PrinterColumn;

const churnModelColumns: readonly PrinterColumn[] = [
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether what the spec asks for is serving.',
  },
  { name: 'Stage', type: 'string', jsonPath: '.status.stage', description: 'What is going on.' },
  {
    name: 'Revision',
    type: 'string',
    jsonPath: '.status.current.revision',
    description: 'The revision that answers requests.',
  },
  {
    name: 'Candidate',
    type: 'string',
    jsonPath: '.status.candidate.revision',
    description: 'The revision that is being trained, started or rolled out.',
  },
  {
    name: 'Weight',
    type: 'integer',
    jsonPath: '.status.candidate.percent',
    description: 'Share of the rows that the candidate answers, in percent.',
  },
  {
    name: 'AUC',
    type: 'string',
    jsonPath: '.status.quality.rocAuc',
    description: 'ROC AUC of the current revision on held-out rows.',
  },
  age,
  {
    name: 'URL',
    type: 'string',
    jsonPath: '.status.url',
    description: 'Where predictions are served inside the cluster.',
    priority: 1,
  },
  {
    name: 'Threshold',
    type: 'string',
    jsonPath: '.status.quality.threshold',
    description: 'Probability from which a customer counts as leaving.',
    priority: 1,
  },
  {
    name: 'Replicas',
    type: 'integer',
    jsonPath: '.status.replicas',
    description: 'Pods of the current revision.',
    priority: 1,
  },
  {
    name: 'Message',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    description: 'Why it is ready, or what keeps it from being so.',
    priority: 1,
  },
];

const churnModelRevisionColumns: readonly PrinterColumn[] = [
  { name: 'Model', type: 'string', jsonPath: '.spec.model', description: 'The ChurnModel.' },
  { name: 'Number', type: 'integer', jsonPath: '.spec.number', description: 'Number of the revision.' },
  { name: 'Stage', type: 'string', jsonPath: '.status.stage', description: 'What became of it.' },
  {
    name: 'Share',
    type: 'integer',
    jsonPath: '.status.rollout.percent',
    description: 'Share of the rows that its rollout gives to it, in percent.',
  },
  {
    name: 'AUC',
    type: 'string',
    jsonPath: '.status.metrics.RocAUC',
    description: 'ROC AUC on held-out rows.',
  },
  age,
  {
    name: 'Trigger',
    type: 'string',
    jsonPath: '.spec.trigger',
    description: 'Why the revision was made.',
    priority: 1,
  },
  {
    name: 'Threshold',
    type: 'string',
    jsonPath: '.status.threshold',
    description: 'Probability from which a customer counts as leaving.',
    priority: 1,
  },
  {
    name: 'Training',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Trained")].message',
    description: 'How training ended.',
    priority: 1,
  },
  {
    name: 'Message',
    type: 'string',
    jsonPath: '.status.rollout.message',
    description: 'Why its rollout waits, or how it ended.',
    priority: 1,
  },
];

/** The kinds of the API group. */
export const kinds: readonly Kind[] = [
  {
    kind: 'ChurnModel',
    singular: 'churnmodel',
    plural: 'churnmodels',
    shortName: 'churn',
    description:
      'A model that predicts which customers leave: trained from a table, served over HTTP, and kept so. Whoever may create one can in effect create pods in its namespace.',
    spec: ChurnModelSpec,
    specDescription: 'What is wanted. Everything but data.uri and data.label has a default.',
    status: ChurnModelStatus,
    validations: churnModelValidations,
    columns: churnModelColumns,
    scale: {
      specReplicasPath: '.spec.autoscaling.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
  {
    kind: 'ChurnModelRevision',
    singular: 'churnmodelrevision',
    plural: 'churnmodelrevisions',
    shortName: 'churnrev',
    description:
      'One trained state of a ChurnModel: made by the operator, immutable, and the record of what was trained and served.',
    spec: ChurnModelRevisionSpec,
    specDescription: 'What is trained and served. Immutable.',
    status: ChurnModelRevisionStatus,
    validations: churnModelRevisionValidations,
    columns: churnModelRevisionColumns,
  },
];
