# shellcheck shell=bash
# Source this in bash to use the cluster: `. e2e/cluster/env.sh`. Sets PATH (kubectl, helm, kind, node) and, once
# `make cluster` has run: KUBECONFIG, DOCKER_HOST (own Docker only), CHURNOPS_CLUSTER (kind or current),
# CHURNOPS_NODE (the node's container, empty with `current`), CHURNOPS_NODE_ADDRESS (reaches NodePorts).

churnops_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case :$PATH: in
  *:"$churnops_root/.cache/bin":*) ;;
  *) export PATH=$churnops_root/.cache/node/bin:$churnops_root/.cache/bin:$PATH ;;
esac
if [ -f "$churnops_root/.cache/cluster/env" ]; then
  set -a
  # shellcheck source=/dev/null
  . "$churnops_root/.cache/cluster/env"
  set +a
else
  echo 'There is no cluster yet: make cluster' >&2
fi
unset churnops_root
