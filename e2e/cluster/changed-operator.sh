#!/usr/bin/env bash
# changed-operator.sh FILE EDIT TAG: puts an image churnops/operator:TAG into the cluster which is that of this tree but
# for one compiled file of operator/dist, changed by a sed expression: what an upgrade brings.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"
[ $# = 3 ] || fail 'Usage: changed-operator.sh FILE EDIT TAG'
cluster_lock
load_environment
docker_up

original=churnops/operator:$version
stage=$(mktemp -d "$state/changed.XXXXXX")
trap 'rm -rf "$stage"' EXIT
file=/app/operator/dist/$1
docker run --rm --network none --entrypoint cat "$original" "$file" >"$stage/original.js" || fail "There is no $file in $original."
sed "$2" "$stage/original.js" >"$stage/changed.js"
if cmp -s "$stage/original.js" "$stage/changed.js"; then fail "'$2' changes nothing in $file."; fi
printf 'FROM %s\nCOPY changed.js %s\n' "$original" "$file" >"$stage/Dockerfile"
docker build -q -t "churnops/operator:$3" "$stage" >"$logs/image-operator-changed.log"
deliver "churnops/operator:$3"
