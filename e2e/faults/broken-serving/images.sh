#!/usr/bin/env bash
# images.sh WAY…: puts images churnops/serving:broken-WAY into the cluster, which are that of this tree but for one preloaded
# file that breaks them in one way (preload.mjs names the ways). No network is used, and nothing done where nothing changed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../cluster/images.sh"
[ $# -gt 0 ] || fail 'Usage: images.sh WAY…'
cluster_lock
load_environment
docker_up

base=churnops/serving:$version
preload=$root/e2e/faults/broken-serving/preload.mjs
# The same place as in this tree: the preload finds the compiled server by it.
place=/app/e2e/faults/broken-serving/preload.mjs

build_broken() {
  local way=$1 image=$2 sources=$3 stage=$state/stage/broken
  rm -rf "$stage"
  mkdir -p "$stage"
  cp "$preload" "$stage/preload.mjs"
  printf 'FROM %s\nCOPY preload.mjs %s\nENV NODE_OPTIONS=--import=%s BROKEN_WAY=%s\n' "$base" "$place" "$place" "$way" >"$stage/Dockerfile"
  docker build --label "dev.churnops.sources=$sources" -t "$image" "$stage"
  rm -rf "$stage"
}

images=()
for way in "$@"; do
  grep -qE "^  '?$way'?: \(\) =>" "$preload" || fail "preload.mjs knows no way '$way'."
  image=churnops/serving:broken-$way
  sources=$({ docker image inspect -f '{{.Id}}' "$base"; cat "$preload"; } | sha256sum | cut -c1-16)
  [ "$(labelled "$image")" = "$sources" ] || build_broken "$way" "$image" "$sources" >"$logs/image-broken-$way.log" 2>&1 ||
    fail "$image could not be built; see $logs/image-broken-$way.log."
  images+=("$image")
done
deliver "${images[@]}"
say "Broken candidates: ${images[*]} are in the cluster"
