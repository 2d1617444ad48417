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
  rateLimited: {
    name: 'churnops_rate_limited_total',
    help: 'HTTP requests refused with 429, because their key or address sent more than spec.serving.access.rateLimit.',
    labels: ['model', 'revision'],
  },
  predictions: {
    name: 'churnops_predictions_total',
    help: 'Customers that this pod scored and whose answer was its own, by decision. Without copies.',
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
  forwarded: {
    name: 'churnops_forwarded_total',
    help: 'Rows sent to a pod of the candidate or of the control group, by what became of them. Live or replayed.',
    labels: ['model', 'revision', 'candidate', 'source', 'pod', 'group', 'outcome'],
  },
  forwardSeconds: {
    name: 'churnops_forward_duration_seconds',
    help: 'Time from sending a row to a peer until its result was read, in seconds. Only rows that were answered in time.',
    labels: ['model', 'revision', 'candidate', 'source', 'group'],
  },
  forwardedScores: {
    name: 'churnops_forwarded_scores_total',
    help: "Probabilities of the rows that the candidate answered, by bin: 0 to 19, between the quantiles of this pod's revision. Group Control: this pod's own of the same rows.",
    labels: ['model', 'revision', 'candidate', 'source', 'group', 'bin'],
  },
  decisionFlips: {
    name: 'churnops_decision_flips_total',
    help: 'Rows that the candidate answered with another decision than this pod.',
    labels: ['model', 'revision', 'candidate', 'source'],
  },
  routingInfo: {
    name: 'churnops_routing_info',
    help: 'Always 1: which routing this pod acts on, and a hash of the annotation that it has read. Sequence 0 before the first one.',
    labels: ['model', 'revision', 'sequence', 'percent', 'digest'],
  },
  breakerOpen: {
    name: 'churnops_routing_breaker_open',
    help: '1 while rows for the group are not sent, because half of the last messages failed.',
    labels: ['model', 'revision', 'candidate', 'group'],
  },
  copies: {
    name: 'churnops_copied_predictions_total',
    help: 'Customers scored for another pod that answered them itself, by decision.',
    labels: ['model', 'revision', 'churn'],
  },
  peerRefusals: {
    name: 'churnops_peer_refusals_total',
    help: 'Messages on the peer port that were refused, by reason.',
    labels: ['model', 'revision', 'reason'],
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
  canaryPercent: {
    name: 'churnops_canary_percent',
    help: 'Share of the rows that the candidate of a model answers, in percent, as acknowledged by its serving pods. Only while a rollout is open.',
    labels: ['namespace', 'model'],
  },
  checkVerdict: {
    name: 'churnops_check_verdict',
    help: '1 for the verdict that a check of an open rollout has come to, and 0 for the others.',
    labels: ['namespace', 'model', 'check', 'verdict'],
  },
  rollouts: {
    name: 'churnops_rollouts_total',
    help: 'Rollouts that ended, by result: Complete, RolledBack or Superseded.',
    labels: ['result'],
  },
  rollbacks: {
    name: 'churnops_rollbacks_total',
    help: 'Rollouts that were rolled back, by reason.',
    labels: ['reason'],
  },
  leader: { name: 'churnops_leader', help: '1 while this process holds the Lease.', labels: [] },
} as const satisfies Record<string, MetricContract>;
