#!/usr/bin/env bash
# An S3 server in the cluster: Service s3 in namespace lake, port 7070; its keys are in the Secret lake/s3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

# The keys are made once; they never leave the cluster.
s3_keys() {
  kubectl -n lake get secret s3 >/dev/null 2>&1 && return
  kubectl -n lake create secret generic s3 \
    --from-literal=AWS_ACCESS_KEY_ID="$(openssl rand -hex 10)" --from-literal=AWS_SECRET_ACCESS_KEY="$(openssl rand -hex 20)" >/dev/null
}

cluster_lock
load_environment
docker_up
deliver_program versitygw churnops/s3:dev
kubectl create namespace lake --dry-run=client -o yaml | kubectl apply -f - >/dev/null
s3_keys
with_registry "$root/e2e/cluster/s3.yaml" | kubectl apply -f - >/dev/null
wait_until 'the S3 server' 180 kubectl -n lake rollout status deployment/s3 --timeout=2s || fail 'The S3 server does not become ready: kubectl -n lake describe pods.'
say 'S3: http://s3.lake.svc:7070 answers in the cluster'
