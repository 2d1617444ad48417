# shellcheck shell=bash
# Sourced: progress lines with elapsed seconds, retries, and long steps that stop with Ctrl-C.

CHURNOPS_STARTED=${CHURNOPS_STARTED:-$(date +%s)}
export CHURNOPS_STARTED

say() { printf '[%4ds] %s\n' "$(($(date +%s) - CHURNOPS_STARTED))" "$*"; }

fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

# retry COMMAND…: three tries, for steps that use the network.
retry() {
  local try
  for try in 1 2 3; do
    "$@" && return 0
    if [ "$try" -lt 3 ]; then
      say "Try $try of 3 failed ($1); next try in $((try * 3)) s"
      sleep $((try * 3))
    fi
  done
  return 1
}

running_group=''
stop_running_group() {
  if [ -n "$running_group" ]; then kill -TERM -- "-$running_group" 2>/dev/null || true; fi
}

# long 'What is done' LOG COMMAND…: runs COMMAND with its output in LOG, tells every 15 s that it still runs, and
# shows the end of LOG when it fails. COMMAND has its own process group, which Ctrl-C ends as a whole.
long() {
  local what=$1 log=$2 since=$SECONDS told=$SECONDS code=0
  shift 2
  mkdir -p "$(dirname "$log")"
  say "$what"
  trap 'stop_running_group; exit 130' INT TERM
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  running_group=$!
  set +m
  while kill -0 "$running_group" 2>/dev/null; do
    sleep 0.3
    if [ $((SECONDS - told)) -ge 15 ]; then
      told=$SECONDS
      say "  … still at it: $what ($((SECONDS - since)) s)"
    fi
  done
  wait "$running_group" || code=$?
  running_group=''
  trap - INT TERM
  if [ "$code" -ne 0 ]; then
    tail -n 25 "$log" >&2
    say "Failed: $what. The whole log: $log"
  fi
  return "$code"
}

# wait_until 'what is waited for' SECONDS COMMAND…: tells every 10 s what it waits for.
wait_until() {
  local what=$1 limit=$2 since=$SECONDS told=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $((SECONDS - since)) -ge "$limit" ]; then return 1; fi
    if [ $((SECONDS - told)) -ge 10 ]; then
      told=$SECONDS
      say "  … waiting for $what ($((SECONDS - since)) of at most $limit s)"
    fi
    sleep 0.5
  done
}
