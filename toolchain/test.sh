#!/usr/bin/env bash
# Runs stages of the tests: lint, verify, unit, integration, e2e. The last line is `N passed, N failed, N skipped`, also
# when a stage fails. Lint and verify stop the run when they fail; a ring of tests does not hide the next one.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source toolchain/progress.sh
export PATH=$PWD/.cache/node/bin:$PWD/.cache/bin:$PATH
results=$PWD/.cache/results
stages=("$@")
mkdir -p "$results"
rm -f "$results"/*.json
started_stages=()

# jest runs in the foreground: its output is the progress.
ring() {
  NODE_OPTIONS=--experimental-vm-modules node_modules/.bin/jest --selectProjects "$1" --json --outputFile "$results/$1.json" "${@:2}"
}

stage_lint() { npm run build --silent && npm run lint --silent; }
stage_verify() { toolchain/verify.sh; }
stage_unit() { ring unit; }
stage_integration() {
  toolchain/install.sh kube helm kubectl gopher-lua versitygw postgres mlflow && ring integration --maxWorkers=2 --forceExit
}
stage_e2e() {
  # A cluster that the user made stays as it was; CI leaves nothing behind.
  e2e/cluster/ready.sh || return 1
  (
    source e2e/cluster/env.sh
    ring e2e --runInBand --forceExit
  )
}

run_stage() {
  local stage=$1 since=$SECONDS code=0
  say "=== $stage: starts"
  started_stages+=("$stage")
  "stage_$stage" || code=$?
  if [ "$code" = 0 ]; then say "=== $stage: good, $((SECONDS - since)) s"; else say "=== $stage: FAILED, $((SECONDS - since)) s"; fi
  return "$code"
}

finish() {
  local code=$?
  trap - EXIT INT TERM
  if [ "${CI:-}" = true ] && [ -d .cache/cluster ] && [[ " ${started_stages[*]} " == *' e2e '* ]]; then e2e/cluster/down.sh || code=1; fi
  toolchain/sum-results.mjs "$code" "$results" "${started_stages[@]}" || code=1
  exit "$code"
}
trap 'exit 130' INT TERM
trap finish EXIT

failed=0
needs_compiled=yes
say "Testing: ${stages[*]}"
toolchain/install.sh node node_modules xgboost
for stage in "${stages[@]}"; do
  case $stage in
    lint) needs_compiled=no ;;
    integration | e2e)
      # Tests that start real processes start the compiled code.
      if [ "$needs_compiled" = yes ]; then npm run build --silent; fi
      needs_compiled=no
      ;;
  esac
  if ! run_stage "$stage"; then
    failed=1
    case $stage in lint | verify) break ;; esac
  fi
done
exit "$failed"
