# shellcheck shell=bash
# Sourced by the scripts of this folder: names and places, all of them different for each clone of the repository.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=toolchain/versions.env
source "$root/toolchain/versions.env"
# shellcheck source=toolchain/progress.sh
source "$root/toolchain/progress.sh"

cluster_id=$(printf '%s' "$root" | sha256sum | cut -c1-8)
cluster_name=churnops-$cluster_id
state=$root/.cache/cluster
logs=$root/.cache/logs
# A Unix socket's path has 107 characters at most, and a clone may lie deep: the sockets live here.
run_folder=/run/$cluster_name
own_docker_host=unix://$run_folder/docker.sock
docker_bridge=co-$cluster_id
kind_bridge=cok-$cluster_id
node_container=$cluster_name-control-plane
kubeconfig=$state/kubeconfig
own_node_image=churnops.local/node:v$KUBERNETES_VERSION
version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$root/package.json" | head -1)

# Images are read by another user than the one who builds them.
umask 022
export PATH=$root/.cache/node/bin:$root/.cache/bin:$PATH:/usr/sbin:/sbin:/usr/local/go/bin
# kind makes its network here, so that two clones, or another kind, never share one.
export KIND_EXPERIMENTAL_DOCKER_NETWORK=$cluster_name
mkdir -p "$state" "$logs"

# An old client has no buildx: the older builder does the same for our plain Dockerfiles.
if docker buildx version >/dev/null 2>&1; then export DOCKER_BUILDKIT=1; else export DOCKER_BUILDKIT=0; fi

# One script at a time changes the cluster; a second one waits. The scripts call one another, so the lock is inherited.
cluster_lock() {
  [ "${CHURNOPS_CLUSTER_LOCKED:-}" = "$cluster_id" ] && return
  exec 8>"$root/.cache/cluster.lock"
  flock -n 8 || {
    say 'Waiting for another run that works on the cluster'
    flock 8
  }
  export CHURNOPS_CLUSTER_LOCKED=$cluster_id
}

# What up.sh found or made: KUBECONFIG, DOCKER_HOST, CHURNOPS_*.
load_environment() {
  [ -f "$state/env" ] || fail 'There is no cluster yet: make cluster.'
  set -a
  # shellcheck source=/dev/null
  source "$state/env"
  set +a
}
