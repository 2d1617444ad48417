#!/usr/bin/env bash
# Installs the chart with the images of this tree, or upgrades to them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
cluster_lock
load_environment
namespace=churnops-system
prefix=${IMAGES:-churnops}

# An interrupted helm leaves a release that is "pending" for ever and refuses every other upgrade.
clear_pending() {
  local status
  for status in pending-install pending-upgrade pending-rollback; do
    kubectl -n "$namespace" delete secret -l "owner=helm,name=churnops,status=$status" --ignore-not-found >/dev/null 2>&1 || true
  done
}

# The tag stays the same while we develop: this annotation restarts the operator when its image has changed.
operator_image_id() { docker image inspect -f '{{.Id}}' "churnops/operator:$version" 2>/dev/null | cut -d: -f2 | cut -c1-16; }

install_chart() {
  helm upgrade --install churnops "$root/charts/churnops" --namespace "$namespace" --create-namespace --wait --timeout 600s \
    --set "images.operator.repository=$prefix/operator,images.trainer.repository=$prefix/trainer,images.serving.repository=$prefix/serving" \
    --set-string "podAnnotations.churnops\.dev/image-id=$(operator_image_id)" "$@"
}

show_trouble() {
  kubectl -n "$namespace" get pods -o wide || true
  kubectl -n "$namespace" get events --sort-by=.lastTimestamp | tail -n 10 || true
  kubectl -n "$namespace" logs deployment/churnops --tail=8 | cut -c1-400 || true
} >&2

"$root/toolchain/install.sh" helm kubectl
clear_pending
long 'Chart: installing churnops with helm' "$logs/helm.log" install_chart "$@" || {
  show_trouble
  fail "The chart could not be installed; see above and $logs/helm.log."
}
say "Chart: churnops $version is installed in namespace $namespace"
