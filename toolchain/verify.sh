#!/usr/bin/env bash
# Makes the generated files anew and fails when they differ from those of the tree, which are put back then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
generated() { find crds charts/churnops docs/reference -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print 2>/dev/null | LC_ALL=C sort; }

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
generated >"$before/list"
tar -cf "$before/files.tar" -T "$before/list"
mkdir "$before/tree"
tar -xf "$before/files.tar" -C "$before/tree"

npm run generate --silent

stale=0
while read -r file; do
  if ! cmp -s "$file" "$before/tree/$file"; then
    echo "Not fresh: $file. Run make generate and commit the result." >&2
    stale=1
  fi
done < <(generated)
if [ "$stale" = 1 ]; then tar -xf "$before/files.tar"; fi
exit "$stale"
