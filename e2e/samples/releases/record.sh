#!/usr/bin/env bash
# Records a release for the upgrade tests: record.sh VERSION COMMIT. It writes VERSION/charts (as it was), VERSION/crds and
# VERSION/objects.json (every object that this release's operator left behind, exactly as the API server stored it).
# The checkout is built in a temporary folder with the node_modules and the control plane of this one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
version=${1:?record.sh VERSION COMMIT}
commit=${2:?record.sh VERSION COMMIT}
export PATH=$root/.cache/node/bin:$PATH

checkout=$(mktemp -d)
trap 'rm -rf "$checkout"' EXIT
git -C "$root" archive "$commit" | tar -x -C "$checkout"

mkdir -p "$checkout/node_modules/@churnops" "$checkout/.cache"
for entry in "$root"/node_modules/* "$root/node_modules/.bin"; do
  [ "$(basename "$entry")" = @churnops ] || ln -s "$entry" "$checkout/node_modules/"
done
for room in crds operator serving trainer e2e; do ln -s "../../$room" "$checkout/node_modules/@churnops/$room"; done
ln -s "$root/.cache/bin" "$checkout/.cache/bin"
(cd "$checkout" && node_modules/.bin/tsc -b e2e)

mkdir -p "$here/$version/crds"
rm -rf "$here/$version/chart"
cp -r "$checkout/charts/churnops" "$here/$version/chart"
cp "$checkout"/crds/churnops.dev_*.yaml "$here/$version/crds/"
node "$here/record.mjs" "$checkout" "$here/$version/objects.json"
