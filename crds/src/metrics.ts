/** Names and labels of every metric, following the Prometheus naming rules (base units, `_total` for counters). */

interface MetricContract {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Metrics of a serving pod, on port 9090. */
export const servingMetrics = {
  requests: {
    name: 'churnops_requests_total',
    help: 'HTTP requests answered, by route and status code.',
    labels: ['model', 'revision', 'route', 'code'],
  },
  requestSeconds: {
    name: 'churnops_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer, in seconds.',
    labels: ['model', 'revision', 'route'],
  },
  predictions: {
    name: 'churnops_predictions_total',
    help: 'Customers scored, by decision.',
    labels: ['model', 'revision', 'churn'],
  },
  rowErrors: {
    name: 'churnops_row_errors_total',
    help: 'Rows that could not be scored because they break the feature contract.',
    labels: ['model', 'revision'],
  },
  unseenCategories: {
    name: 'churnops_unseen_categories_total',
    help: 'Values of a categorical feature that training never saw.',
    labels: ['model', 'revision', 'feature'],
  },
  modelInfo: {
    name: 'churnops_model_info',
    help: 'Always 1: which artifact this pod serves.',
    labels: ['model', 'revision', 'artifact_sha256'],
  },
} as const satisfies Record<string, MetricContract>;

/** Metrics of the operator. */
export const operatorMetrics = {
  reconciles: {
    name: 'churnops_reconcile_total',
    help: 'Reconciles, by outcome.',
    labels: ['outcome'],
  },
  reconcileSeconds: {
    name: 'churnops_reconcile_duration_seconds',
    help: 'Time of one reconcile, in seconds.',
    labels: [],
  },
  queueDepth: { name: 'churnops_workqueue_depth', help: 'Models waiting to be reconciled.', labels: [] },
  writes: {
    name: 'churnops_api_writes_total',
    help: 'Writes to the API server, by verb and resource.',
    labels: ['verb', 'resource'],
  },
  lastEventSeconds: {
    name: 'churnops_watch_last_event_timestamp_seconds',
    help: 'When the watch of a resource last brought an event, a bookmark or its end in time, as a Unix time.',
    labels: ['resource'],
  },
  leader: { name: 'churnops_leader', help: '1 while this process holds the Lease.', labels: [] },
} as const satisfies Record<string, MetricContract>;
