#!/usr/bin/env bash
# upload.sh FILE s3://BUCKET/KEY: puts a file into the S3 server of the cluster; makes the bucket when it is missing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
load_environment
[ $# = 2 ] && [[ $2 = s3://?*/?* ]] || fail 'Usage: upload.sh FILE s3://BUCKET/KEY'
[ -f "$1" ] || fail "There is no file $1."

log=$(mktemp "$state/forward.XXXXXX")
kubectl -n lake port-forward service/s3 :7070 >"$log" 2>&1 8>&- &
forward=$!
trap 'kill $forward 2>/dev/null || true; rm -f "$log"' EXIT
wait_until 'a port to the S3 server' 120 grep -q 'Forwarding from 127.0.0.1' "$log" || fail "kubectl port-forward to the S3 server failed: $(cat "$log")"
port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -1)
AWS_ACCESS_KEY_ID=$(kubectl -n lake get secret s3 -o 'jsonpath={.data.AWS_ACCESS_KEY_ID}' | base64 -d)
AWS_SECRET_ACCESS_KEY=$(kubectl -n lake get secret s3 -o 'jsonpath={.data.AWS_SECRET_ACCESS_KEY}' | base64 -d)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
node "$root/e2e/cluster/upload.mjs" "$1" "$2" "http://127.0.0.1:$port"
say "S3: $2 is there ($(wc -c <"$1") bytes)"
