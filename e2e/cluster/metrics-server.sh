#!/usr/bin/env bash
# The metrics API, which an autoscaler reads CPU figures from (`kubectl top pods` too). A cluster that has it keeps its own.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

api=apiservice/v1beta1.metrics.k8s.io
folder=$root/e2e/cluster

is_there() { kubectl get "$api" -o name >/dev/null 2>&1; }
is_ours() { [ "$(kubectl get "$api" -o 'jsonpath={.spec.service.namespace}')" = metrics-server ]; }
answers() { kubectl wait --for=condition=Available "$api" --timeout=2s && kubectl get --raw=/apis/metrics.k8s.io/v1beta1/nodes | grep -q '"usage"'; }

cluster_lock
load_environment
docker_up
if ! is_there || is_ours; then
  deliver_program metrics-server churnops/metrics-server:dev
  with_registry "$folder/metrics-server.yaml" | kubectl apply -f - >/dev/null
  wait_until 'metrics-server' 180 kubectl -n metrics-server rollout status deployment/metrics-server --timeout=2s ||
    fail 'metrics-server does not become ready: kubectl -n metrics-server describe pods.'
  # Not before: until the node knows the Service, a connection to its address leaves the cluster. Where something out there answers,
  # the API server keeps that connection and never asks anew.
  kubectl apply -f "$folder/metrics-api.yaml" >/dev/null
fi
wait_until 'the first figures of the metrics API' 120 answers || fail "The metrics API does not answer: kubectl describe $api."
say 'Metrics: kubectl top answers in the cluster'
