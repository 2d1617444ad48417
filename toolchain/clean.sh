#!/usr/bin/env bash
# Removes the cluster and all that was downloaded or built in this tree; what git tracks stays.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -d "$root/.cache/cluster" ]; then "$root/e2e/cluster/down.sh" --all; fi
rm -rf "$root/.cache" "$root/node_modules" "$root"/*/dist "$root"/*/node_modules "$root"/*/*.tsbuildinfo
