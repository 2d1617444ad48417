#!/usr/bin/env bash
# The long forms of the tests of faults and scale, and a table of what they measured. Arguments: patterns of test files
# (default: all that have a long form). Time is printed, never judged.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source toolchain/progress.sh
export PATH=$PWD/.cache/node/bin:$PWD/.cache/bin:$PATH
export CHURNOPS_FAULTS=long CHURNOPS_FIGURES=$PWD/.cache/results/figures.tsv NODE_OPTIONS=--experimental-vm-modules
mkdir -p "$(dirname "$CHURNOPS_FIGURES")"
: >"$CHURNOPS_FIGURES"

toolchain/install.sh node node_modules kube helm kwok
npm run build --silent

mapfile -t tests < <(
  if [ $# -gt 0 ]; then
    printf '%s\n' "$@"
  else
    # Whoever asks how long the run may be has a long form.
    grep -rlE 'fault-scale\.js|CHURNOPS_FAULTS' --include='*.test.ts' operator/src e2e/integration e2e/cases | sort
  fi
)
# Tests on the real cluster find it up, with what this tree builds.
projects=(unit integration)
if grep -q '^e2e/cases' <<<"$(printf '%s\n' "${tests[@]}")"; then
  e2e/cluster/ready.sh
  source e2e/cluster/env.sh
  projects+=(e2e)
fi
failed=0
for test in "${tests[@]}"; do
  since=$SECONDS
  say "=== $test: starts"
  if node_modules/.bin/jest --runInBand --forceExit --selectProjects "${projects[@]}" -- "$test"; then
    say "=== $test: good, $((SECONDS - since)) s"
  else
    failed=1
    say "=== $test: FAILED, $((SECONDS - since)) s"
  fi
done
say 'Figures:'
expand -t 72 "$CHURNOPS_FIGURES"
exit "$failed"
