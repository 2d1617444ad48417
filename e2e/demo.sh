#!/usr/bin/env bash
# `make demo`: a real cluster trains a churn model on 7,043 telecom customers, serves it, and answers for one of them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster/settings.sh"
namespace=retention
sample=$root/e2e/samples

# The keys of the S3 server, where the model looks for them.
copy_keys() {
  kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  kubectl -n lake get secret s3 -o json | node -e '
    const { data } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    console.log(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "lake" }, data }));' |
    kubectl -n "$namespace" apply -f - >/dev/null
}

telco() { kubectl -n "$namespace" get churnmodel telco "$@"; }
condition() { telco -o "jsonpath={.status.conditions[?(@.type==\"$1\")].$2}" 2>/dev/null; }

# Ready counts only when it speaks of the spec that was just applied.
is_ready() {
  [ "$(condition Ready status)" = True ] && [ "$(telco -o 'jsonpath={.metadata.generation}')" = "$(telco -o 'jsonpath={.status.observedGeneration}')" ]
}

explain_stall() {
  telco -o wide || true
  kubectl -n "$namespace" get pods,jobs || true
  kubectl -n "$namespace" logs -l app.kubernetes.io/component=trainer --tail=8 | cut -c1-400 || true
  kubectl -n churnops-system logs deployment/churnops --tail=8 | cut -c1-400 || true
} >&2

# The columns of `kubectl get churnmodels`, in one line whose widths do not depend on what they hold.
show_row() {
  local fields='{.metadata.name}|{.status.conditions[?(@.type=="Ready")].status}|{.status.stage}|{.status.current.revision}|{.status.candidate.revision}|{.status.quality.rocAuc}'
  local name ready stage revision candidate auc
  IFS='|' read -r name ready stage revision candidate auc < <(telco -o "jsonpath=$fields" && echo)
  print_row "$name" "$ready" "$stage" "$revision" "$candidate" "$auc"
}
print_row() { printf '%-7s %-7s %-10s %-10s %-10s %s\n' "$@"; }

# Prints the model's line whenever it changes, until the model serves.
watch_model() {
  local line='' now until=$((SECONDS + 600)) told=$SECONDS
  print_row NAME READY STAGE REVISION CANDIDATE AUC
  while true; do
    now=$(show_row)
    if [ "$now" != "$line" ]; then
      line=$now
      told=$SECONDS
      echo "$line"
    fi
    if is_ready; then return 0; fi
    if [ "$(condition Stalled status)" = True ]; then
      explain_stall
      fail "The model cannot go on: $(condition Stalled message)"
    fi
    if [ $((SECONDS - told)) -ge 20 ]; then
      told=$SECONDS
      say "  … $(condition Ready message)"
    fi
    if [ "$SECONDS" -ge "$until" ]; then
      explain_stall
      fail 'The model did not become ready within 10 minutes; see above.'
    fi
    sleep 1
  done
}

open_port() {
  log=$(mktemp "$state/forward.XXXXXX")
  kubectl -n "$namespace" port-forward service/telco :8080 >"$log" 2>&1 &
  forward=$!
  trap 'kill "$forward" 2>/dev/null || true; rm -f "$log"' EXIT
  wait_until 'a port to the service' 120 grep -q 'Forwarding from 127.0.0.1' "$log" || fail "kubectl port-forward failed: $(cat "$log")"
  port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -n 1)
}

predict() {
  local key
  key=$(kubectl -n "$namespace" get secret telco-api-key -o 'jsonpath={.data.api-key}' | base64 -d)
  # The key goes in by a file descriptor: a command line can be read by others.
  curl -sS --fail-with-body --retry 5 --retry-all-errors --retry-delay 1 -H @- -H 'Content-Type: application/json' \
    --data "@$sample/customer.json" "http://127.0.0.1:$port/predict" <<<"X-API-Key: $key"
}

has_figures() { kubectl -n "$namespace" get hpa telco -o 'jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}' | grep -q .; }

# Figures of pods that have just started take metrics-server half a minute.
show_autoscaler() {
  wait_until 'the first CPU figures of its pods' 90 has_figures || true
  kubectl -n "$namespace" get hpa telco | sed 's/^/    /'
}

show_how_to_repeat() {
  cat <<TEXT

To ask again, in a shell in this folder:

  . e2e/cluster/env.sh
  kubectl -n $namespace get churnmodels
  kubectl -n $namespace port-forward service/telco 8080 &
  KEY=\$(kubectl -n $namespace get secret telco-api-key -o 'jsonpath={.data.api-key}' | base64 -d)
  curl -s -H "X-API-Key: \$KEY" -H 'Content-Type: application/json' -d @e2e/samples/customer.json http://127.0.0.1:8080/predict

The API's description is at http://127.0.0.1:8080/docs while the port is forwarded. \`make clean\` removes everything.
TEXT
}

say 'Demo: a Kubernetes cluster, an S3 server with the data of 7,043 customers, ChurnOps, and a model'
"$root/e2e/cluster/ready.sh"
# shellcheck source=e2e/cluster/env.sh
source "$root/e2e/cluster/env.sh"
"$root/e2e/cluster/upload.sh" "$sample/data/telco.csv" s3://lake/telco.csv
copy_keys
say 'Applying e2e/samples/telco.yaml:'
sed 's/^/    /' "$sample/telco.yaml"
kubectl -n "$namespace" apply -f "$sample/telco.yaml"
say "Watching: kubectl -n $namespace get churnmodels"
watch_model
say 'The model serves. How likely does this customer leave?'
sed 's/^/    /' "$sample/customer.json"
open_port
predict | node -e 'console.log(JSON.stringify(JSON.parse(require("node:fs").readFileSync(0, "utf8")), null, 2))' | sed 's/^/    /'
say 'More requests get more pods:'
show_autoscaler
show_how_to_repeat
say 'Demo: done'
