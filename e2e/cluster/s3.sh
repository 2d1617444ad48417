#!/usr/bin/env bash
# An S3 server in the cluster: Service s3 in namespace lake, port 7070; its keys are in the Secret lake/s3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

build_s3_image() {
  local stage=$state/stage/s3
  mkdir -p "$stage"
  cp "$root/.cache/bin/versitygw" "$stage/versitygw"
  printf 'FROM scratch\nCOPY versitygw /versitygw\nUSER 65532:65532\nENTRYPOINT ["/versitygw"]\n' >"$stage/Dockerfile"
  docker build --label "dev.churnops.sources=$1" -t churnops/s3:dev "$stage"
  rm -rf "$stage"
}

s3_image() {
  local sources
  "$root/toolchain/install.sh" versitygw
  sources=$(sha256sum "$root/.cache/bin/versitygw" | cut -c1-16)
  [ "$(labelled churnops/s3:dev)" = "$sources" ] || long 'Image of the S3 server: building' "$logs/image-s3.log" build_s3_image "$sources"
  deliver churnops/s3:dev
}

# The keys are made once; they never leave the cluster.
s3_keys() {
  kubectl -n lake get secret s3 >/dev/null 2>&1 && return
  kubectl -n lake create secret generic s3 \
    --from-literal=AWS_ACCESS_KEY_ID="$(openssl rand -hex 10)" --from-literal=AWS_SECRET_ACCESS_KEY="$(openssl rand -hex 20)" >/dev/null
}

s3_manifest() {
  if [ -n "${IMAGES:-}" ]; then sed "s|image: churnops/s3:dev|image: $IMAGES/s3:dev|" "$root/e2e/cluster/s3.yaml"; else cat "$root/e2e/cluster/s3.yaml"; fi
}

cluster_lock
load_environment
docker_up
s3_image
kubectl create namespace lake --dry-run=client -o yaml | kubectl apply -f - >/dev/null
s3_keys
s3_manifest | kubectl apply -f - >/dev/null
wait_until 'the S3 server' 180 kubectl -n lake rollout status deployment/s3 --timeout=2s || fail 'The S3 server does not become ready: kubectl -n lake describe pods.'
say 'S3: http://s3.lake.svc:7070 answers in the cluster'
