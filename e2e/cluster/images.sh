#!/usr/bin/env bash
# Builds the three images and loads them into the cluster; does nothing where nothing changed.
# With CLUSTER=current and a cluster that is not kind: IMAGES=PREFIX names the registry that they are pushed to.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
source "$root/e2e/cluster/docker.sh"
source "$root/e2e/cluster/node-image.sh"

rooms=(operator trainer serving)
node_image=''

build_rooms() {
  "$root/toolchain/install.sh" node_modules xgboost
  long 'Compiling' "$logs/tsc.log" "$root/node_modules/.bin/tsc" -b "$root/operator" "$root/serving" "$root/trainer"
}

# One hash over all that goes into an image.
sources_of() {
  local room=$1
  {
    docker image inspect -f '{{.Id}}' "$NODE_BASE_IMAGE"
    cat "$root/package-lock.json" "$root/toolchain/stage-room.mjs" "$root/$room/Dockerfile" "$root/toolchain/versions.env"
    find "$root/$room/dist" "$root/crds/dist" "$root/$room/package.json" "$root/crds/package.json" -type f -name '*.js*' ! -name '*.test.*' ! -name '*.map' | LC_ALL=C sort | xargs sha256sum
  } | sha256sum | cut -c1-16
}

labelled() { docker image inspect -f '{{index .Config.Labels "dev.churnops.sources"}}' "$1" 2>/dev/null || true; }

build_image() {
  local room=$1 sources=$2 stage=$state/stage/$1
  "$root/toolchain/stage-room.mjs" "$room" "$stage"
  if [ "$room" = trainer ]; then cp -a "$root/.cache/xgboost" "$stage/xgboost"; fi
  cp "$root/$room/Dockerfile" "$stage/Dockerfile"
  printf 'Dockerfile\n' >"$stage/.dockerignore"
  docker build --label "dev.churnops.sources=$sources" -t "churnops/$room:$version" "$stage"
  rm -rf "$stage"
}
export -f build_image

image_up() {
  local room=$1 sources
  [ -f "$root/$room/dist/main.js" ] || fail "$room/dist/main.js is missing: run make build."
  sources=$(sources_of "$room")
  [ "$(labelled "churnops/$room:$version")" = "$sources" ] && return
  long "Image churnops/$room:$version: building" "$logs/image-$room.log" build_image "$room" "$sources"
}

build_program_image() {
  local program=$1 image=$2 sources=$3 stage=$state/stage/$1
  mkdir -p "$stage"
  cp "$root/.cache/bin/$program" "$stage/$program"
  printf 'FROM scratch\nCOPY %s /%s\nUSER 65532:65532\nENTRYPOINT ["/%s"]\n' "$program" "$program" "$program" >"$stage/Dockerfile"
  docker build --label "dev.churnops.sources=$sources" -t "$image" "$stage"
  rm -rf "$stage"
}

# deliver_program PROGRAM IMAGE: an image of one static program of the toolchain and nothing else, in the cluster.
deliver_program() {
  local program=$1 image=$2 sources
  "$root/toolchain/install.sh" "$program"
  sources=$(sha256sum "$root/.cache/bin/$program" | cut -c1-16)
  [ "$(labelled "$image")" = "$sources" ] || long "Image of $program: building" "$logs/image-$program.log" build_program_image "$program" "$image" "$sources"
  deliver "$image"
}

# with_registry FILE: the manifest, naming its images where the cluster finds them.
with_registry() {
  if [ -n "${IMAGES:-}" ]; then sed "s|image: churnops/|image: $IMAGES/|" "$1"; else cat "$1"; fi
}

# Loads what this very node does not have yet.
load_images() {
  local name=$1 node=$2 image wanted missing=()
  shift 2
  for image in "$@"; do
    wanted=$(docker image inspect -f '{{.Id}}' "$image")
    [ "$(cat "$state/loaded/$node/${image//[\/:]/_}" 2>/dev/null)" = "$wanted" ] || missing+=("$image")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  long "Loading into the cluster: ${missing[*]}" "$logs/kind-load.log" kind load docker-image --name "$name" "${missing[@]}"
  mkdir -p "$state/loaded/$node"
  for image in "${missing[@]}"; do docker image inspect -f '{{.Id}}' "$image" >"$state/loaded/$node/${image//[\/:]/_}"; done
  docker image prune -f --filter label=dev.churnops.sources >/dev/null 2>&1 || true
}

push_images() {
  local image
  for image in "$@"; do
    docker tag "$image" "$IMAGES/${image#churnops/}"
    long "Pushing $IMAGES/${image#churnops/}" "$logs/push.log" retry docker push "$IMAGES/${image#churnops/}"
  done
}

# deliver IMAGE…: brings images to where the cluster's node finds them.
deliver() {
  local name
  if [ "$CHURNOPS_CLUSTER" = kind ]; then
    load_images "$cluster_name" "$(docker container inspect -f '{{.Id}}' "$node_container")" "$@"
    return
  fi
  case $CHURNOPS_CONTEXT in
    kind-*)
      name=${CHURNOPS_CONTEXT#kind-}
      load_images "$name" "$(docker container inspect -f '{{.Id}}' "$name-control-plane")" "$@"
      ;;
    *) push_images "$@" ;;
  esac
}

# What would fail after minutes of building is said before.
can_deliver() {
  [ "$CHURNOPS_CLUSTER" = current ] || return 0
  case $CHURNOPS_CONTEXT in
    kind-*)
      docker container inspect "${CHURNOPS_CONTEXT#kind-}-control-plane" >/dev/null 2>&1 ||
        fail "The kube context $CHURNOPS_CONTEXT is a kind cluster, but the Docker that answers here does not run its node: set DOCKER_HOST to the one that does."
      "$root/toolchain/install.sh" kind
      ;;
    *) [ -n "${IMAGES:-}" ] || need_registry ;;
  esac
}
need_registry() {
  fail "The cluster of $CHURNOPS_CONTEXT pulls its images: name a registry that it and you can reach, as in IMAGES=registry.example.com/team, and the images are pushed to it."
}

main() {
  local room images=()
  load_environment
  docker_up
  can_deliver
  base_up
  build_rooms
  for room in "${rooms[@]}"; do
    image_up "$room"
    images+=("churnops/$room:$version")
  done
  deliver "${images[@]}"
  say "Images: ${images[*]} are in the cluster"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  cluster_lock
  main
fi
