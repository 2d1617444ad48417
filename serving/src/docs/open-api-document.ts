import type { OpenAPIObject } from '@nestjs/swagger';
import { MOST_LISTED, USUAL_LISTED } from '../http/explain-query.js';
import { MOST_EXPLAINED_ROWS } from '../prediction/predictor.js';
import type { ServedModel } from '../prediction/served-model.js';
import { exampleRow } from '../prediction/served-model.js';
import { featureSchema } from './feature-schema.js';

type Schema = Record<string, unknown>;

/** Describes the API as this model takes it: every feature with its type, categories and an example. OpenAPI 3.1. */
export function openApiDocument(served: ServedModel, authentication: 'ApiKey' | 'None'): OpenAPIObject {
  const { manifest } = served;
  const protect = authentication === 'ApiKey' ? { security: [{ apiKey: [] }, { bearer: [] }] } : {};
  return {
    openapi: '3.1.0',
    info: {
      title: `Churn of ${served.model}`,
      version: served.revision,
      description: `Predicts whether a customer leaves: column \`${manifest.target.label}\` has the value \`${manifest.target.positiveLabel}\`. Every column of the training table is accepted; the model uses those listed here.`,
    },
    paths: {
      '/predict': { post: { ...protect, ...predictOperation(served) } },
      '/predict/batch': { post: { ...protect, ...batchOperation(served) } },
      '/explain': { post: { ...protect, ...explainOperation(served) } },
      '/model': {
        get: {
          ...protect,
          ...operation('model', 'The model card: contract, threshold, metrics, data', accessProblems),
        },
      },
      '/health': { get: operation('health', 'What runs here, for people', {}) },
      '/health/live': { get: operation('healthLive', 'Whether the process answers', {}) },
      '/health/ready': { get: operation('healthReady', 'Whether it takes requests', { 503: 'It shuts down' }) },
    },
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: schemas(served),
    },
  };
}

function predictOperation(served: ServedModel) {
  return {
    ...operation('predict', 'The probability that one customer leaves', explainProblems, 'Prediction'),
    parameters: [explainParameter, topParameter],
    requestBody: jsonBody('Customer', exampleRow(served.manifest)),
  };
}

function batchOperation(served: ServedModel) {
  const summary = `The same for up to ${served.maxBatchSize} customers; a wrong row does not harm the others`;
  return {
    ...operation('predictBatch', summary, predictProblems, 'BatchPrediction'),
    requestBody: jsonBody('Batch', { rows: [exampleRow(served.manifest)] }),
  };
}

function explainOperation(served: ServedModel) {
  const summary = `Why this revision scores up to ${MOST_EXPLAINED_ROWS} customers as it does; the first answer takes a moment longer`;
  return {
    ...operation('explain', summary, explainProblems, 'BatchPrediction'),
    parameters: [topParameter],
    requestBody: jsonBody('ExplainBatch', { rows: [exampleRow(served.manifest)] }),
  };
}

const explainParameter = {
  name: 'explain',
  in: 'query' as const,
  description: 'Whether to tell the reasons of the probability too.',
  schema: { type: 'boolean', default: false },
};

const topParameter = {
  name: 'top',
  in: 'query' as const,
  description: 'How many features to list as reasons, at most.',
  schema: { type: 'integer', minimum: 1, maximum: MOST_LISTED, default: USUAL_LISTED },
};

const accessProblems = {
  401: 'No valid key',
  429: 'Too many requests of this key or address: wait for the seconds of the header Retry-After',
};

const predictProblems = {
  ...accessProblems,
  400: 'The body is no JSON, or does not fit the training table',
  408: 'The request did not arrive in time',
  413: 'The body is too large, or the batch has too many rows',
  415: 'The body is not application/json',
  503: 'The answer took too long',
};

const explainProblems = {
  ...predictProblems,
  409: 'Reasons were asked for, and the artifact of this revision is of an earlier release that can not give them',
  503: 'The answer took too long, or too many rows wait for their reasons',
};

function operation(operationId: string, summary: string, problems: Record<number, string>, schema?: string) {
  const content = { 'application/json': { schema: schema === undefined ? { type: 'object' } : reference(schema) } };
  const responses: NonNullable<OpenAPIObject['paths'][string]['get']>['responses'] = {
    200: { description: 'OK', content },
  };
  for (const [status, description] of Object.entries(problems)) {
    responses[status] = { description, content: { 'application/problem+json': { schema: reference('Problem') } } };
  }
  return { tags: [operationId.startsWith('health') ? 'Health' : 'Model'], operationId, summary, responses };
}

function jsonBody(schema: string, example: unknown) {
  return { required: true, content: { 'application/json': { schema: reference(schema), example } } };
}

function reference(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

const probability = { type: 'number', minimum: 0, maximum: 1, description: 'Probability of leaving.' };
const churn = { type: 'boolean', description: 'Whether the probability reaches the threshold.' };
const threshold = { type: 'number', description: 'A customer counts as leaving from this probability on.' };
const revision = { type: 'string', description: 'The model revision that answered.' };
const otherRevision = { type: 'string', description: 'Where another revision answered than for the batch: which.' };
const otherThreshold = { type: 'number', description: 'The threshold of that revision.' };
const reasons = {
  ...reference('Reasons'),
  description: 'Where they were asked for, and this revision answered.',
};
const logOdds = (description: string) => ({ type: 'number', description: `${description} In log odds.` });
const warnings = { type: 'array', items: { type: 'string' } };
const errors = {
  type: 'array',
  items: object({ field: { type: 'string' }, message: { type: 'string' }, allowed: warnings }, ['field', 'message']),
};

function schemas(served: ServedModel): Record<string, Schema> {
  return {
    Customer: customerSchema(served),
    Batch: object({ rows: { type: 'array', maxItems: served.maxBatchSize, items: reference('Customer') } }, ['rows']),
    ExplainBatch: object({ rows: { type: 'array', maxItems: MOST_EXPLAINED_ROWS, items: reference('Customer') } }, [
      'rows',
    ]),
    Reasons: reasonsSchema(),
    Prediction: object({ revision, probability, churn, threshold, reasons, warnings }, [
      'revision',
      'probability',
      'churn',
      'threshold',
    ]),
    BatchPrediction: object(
      {
        revision,
        threshold,
        results: {
          type: 'array',
          description: 'In the order of the rows.',
          items: {
            oneOf: [
              object({ probability, churn, reasons, warnings, revision: otherRevision, threshold: otherThreshold }, [
                'probability',
                'churn',
              ]),
              object({ errors }, ['errors']),
            ],
          },
        },
        warnings,
      },
      ['revision', 'threshold', 'results'],
    ),
    Problem: object(
      {
        type: { type: 'string' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string' },
        requestId: { type: 'string' },
        errors,
      },
      ['type', 'title', 'status', 'detail'],
    ),
  };
}

function reasonsSchema(): Schema {
  const contribution = logOdds('What the feature adds for this customer; above 0 it speaks for leaving.');
  const features = {
    type: 'array',
    description: 'The strongest first. Never one that is protected.',
    items: object({ feature: { type: 'string' }, contribution }, ['feature', 'contribution']),
  };
  const base = logOdds('What is expected of a customer of whom nothing is known.');
  const other = logOdds('What all features add together that are not listed.');
  const description = 'TreeSHAP: base, the contributions and other together are ln(p / (1 - p)) of the probability p.';
  return { ...object({ base, features, other }, ['base', 'features', 'other']), description };
}

function customerSchema({ manifest }: ServedModel): Schema {
  const example = exampleRow(manifest);
  const properties = new Map<string, Schema>();
  for (const { name } of manifest.columns) properties.set(name, { description: 'Accepted and not used by the model.' });
  for (const feature of manifest.features) properties.set(feature.name, featureSchema(feature, example[feature.name]));
  const required = manifest.features.filter(({ missingPolicy }) => missingPolicy === 'Reject').map(({ name }) => name);
  return { ...object(Object.fromEntries(properties), required), additionalProperties: false };
}

function object(properties: Record<string, unknown>, required: string[]): Schema {
  return { type: 'object', properties, required };
}
