#!/usr/bin/env bash
# Removes the cluster, and with --all also the images and the data of the own Docker: nothing of it stays.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
source "$root/e2e/cluster/docker.sh"
cluster_lock

use_right_docker() {
  if [ -S "$run_folder/docker.sock" ]; then export DOCKER_HOST=$own_docker_host; fi
  docker version >/dev/null 2>&1
}

remove_cluster() {
  if docker container inspect "$node_container" >/dev/null 2>&1; then
    docker rm -f -v "$node_container" >/dev/null
    say "Cluster: $cluster_name is removed"
  fi
  docker rm -f -v "$cluster_name-preload" >/dev/null 2>&1 || true
  docker network rm "$cluster_name" >/dev/null 2>&1 || true
}

# In the user's own Docker only what carries our names goes.
remove_images() {
  local image
  docker images --format '{{.Repository}}:{{.Tag}}' | { grep -E '^churnops(\.local)?/' || true; } |
    while read -r image; do docker image rm -f "$image" >/dev/null 2>&1 || true; done
}

case ${1:-} in
  '' | --all) ;;
  *) fail "Usage: down.sh [--all]" ;;
esac
if use_right_docker; then
  remove_cluster
  if [ "${1:-}" = --all ] && [ "${DOCKER_HOST:-}" != "$own_docker_host" ]; then remove_images; fi
fi
rm -rf "$state/env" "$state/kubeconfig" "$state/kubeconfig.lock" "$state/loaded" "$state/stage"
if [ -d "$state/docker" ]; then
  docker_down
  say 'Docker: the own daemon is stopped'
fi
if [ "${1:-}" = --all ]; then rm -rf "$state"; fi
