#!/usr/bin/env bash
# The whole stage for demo and tests: cluster, images, S3 server, metrics-server, chart. Quick when all of it is there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
cluster_lock
for step in up images s3 metrics-server install; do "$root/e2e/cluster/$step.sh"; done
