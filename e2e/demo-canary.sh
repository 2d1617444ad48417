#!/usr/bin/env bash
# `make demo-canary`: a model serves 100 requests a second while a good candidate is promoted and a broken one is rolled back.
# A second run starts anew; Ctrl-C ends it and takes its namespace away.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster/settings.sh"

say 'Demo: two canaries under 100 requests a second'
"$root/e2e/cluster/ready.sh"
long 'Compiling the demo' "$logs/tsc-e2e.log" "$root/node_modules/.bin/tsc" -b "$root/e2e"
"$root/e2e/faults/broken-serving/images.sh" errors
# shellcheck source=e2e/cluster/env.sh
source "$root/e2e/cluster/env.sh"
exec node "$root/e2e/dist/demo/canary-demo.js"
