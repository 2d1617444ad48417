# shellcheck shell=bash
# Sourced: which Docker is used, and an own Docker daemon where none runs.

# Uses the user's Docker when it answers, else starts an own daemon with all its data under .cache/cluster/docker.
docker_up() {
  if [ "${DOCKER_HOST:-}" != "$own_docker_host" ] && docker version >/dev/null 2>&1; then
    own_docker=no
    return
  fi
  own_docker=yes
  export DOCKER_HOST=$own_docker_host
  # A clone that was deleted and made again at this place may have left a daemon whose data are gone.
  if [ -d "$state/docker/data" ] && docker version >/dev/null 2>&1; then return; fi
  [ "$(id -u)" = 0 ] || fail 'No Docker daemon answers, and only root can start one: start Docker (or set DOCKER_HOST), or run as root, or use CLUSTER=current.'
  "$root/toolchain/install.sh" docker
  docker_clear_remains
  start_dockerd
}

has_sys_resource() {
  local bounding
  bounding=$(sed -n 's/^CapBnd:\s*//p' /proc/self/status)
  [ $(((16#$bounding >> 24) & 1)) = 1 ]
}

# The first two free /24 networks of the benchmark range, which no real network uses.
choose_subnet() {
  local pair used
  [ -s "$state/docker/subnet" ] && return
  # Bridges of a deleted clone of this place have other addresses.
  ip link del "$docker_bridge" 2>/dev/null || true
  ip link del "$kind_bridge" 2>/dev/null || true
  used=$(ip -4 route show table all; ip -4 addr show)
  for pair in $(seq 0 2 254); do
    if ! grep -qE "198\.17\.($pair|$((pair + 1)))\." <<<"$used"; then
      echo "$pair" >"$state/docker/subnet"
      return
    fi
  done
  fail 'No free network is left for Docker in 198.17.0.0/16: end other clusters of this machine with `make clean`.'
}

write_daemon_json() {
  local third=$1 runtime=''
  if ! has_sys_resource; then
    # kind asks for privileged containers, which ask for every capability: here one of them cannot be had.
    install -m 755 "$root/e2e/cluster/node/runc-without-sys-resource" "$state/docker/runc"
    runtime="\"runtimes\": {\"churnops\": {\"path\": \"$state/docker/runc\"}}, \"default-runtime\": \"churnops\","
  fi
  cat >"$state/docker/daemon.json" <<JSON
{
  "data-root": "$state/docker/data",
  "exec-root": "$run_folder/exec",
  "pidfile": "$run_folder/docker.pid",
  "hosts": ["$own_docker_host"],
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  $runtime
  "bridge": "$docker_bridge",
  "default-address-pools": [{"base": "198.17.$((third + 1)).0/24", "size": 24}]
}
JSON
}

start_dockerd() {
  local third
  mkdir -p "$state/docker" "$run_folder"
  choose_subnet
  third=$(cat "$state/docker/subnet")
  write_daemon_json "$third"
  if ! ip link show "$docker_bridge" >/dev/null 2>&1; then
    ip link add name "$docker_bridge" type bridge
    ip addr add "198.17.$third.1/24" dev "$docker_bridge"
  fi
  ip link set "$docker_bridge" up
  say "Docker: starting an own daemon (log: $state/docker/dockerd.log)"
  setsid nohup dockerd --config-file "$state/docker/daemon.json" >"$state/docker/dockerd.log" 2>&1 </dev/null 8>&- 9>&- &
  wait_until 'the Docker daemon' 180 docker version || {
    tail -n 20 "$state/docker/dockerd.log" >&2
    fail 'The Docker daemon does not answer; its last lines are above.'
  }
}

# Processes whose command line names this clone's Docker folders: dockerd, its containerd and shims.
own_docker_processes() {
  pgrep -f "^(/usr/s?bin/|/usr/local/s?bin/)?(dockerd|containerd|containerd-shim[a-z0-9-]*) .*($run_folder/|$state/docker/)" || true
}

end_processes() {
  local pids
  pids=$(own_docker_processes)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086
  kill -TERM $pids 2>/dev/null || true
  wait_until 'the Docker daemon to end' 20 no_docker_processes && return
  # shellcheck disable=SC2046
  kill -KILL $(own_docker_processes) 2>/dev/null || true
  wait_until 'the Docker daemon to end' 10 no_docker_processes || true
}
no_docker_processes() { [ -z "$(own_docker_processes)" ]; }

# A killed daemon leaves what ran in its containers, each in a cgroup with the container's name; while these are there
# the container cannot start again.
end_containers() {
  local folder name pids
  for folder in "$state"/docker/data/containers/*/; do
    [ -d "$folder" ] || continue
    name=$(basename "$folder")
    pids=$(grep -ls "$name" /proc/[0-9]*/cgroup | cut -d/ -f3 || true)
    # shellcheck disable=SC2086
    if [ -n "$pids" ]; then kill -KILL $pids 2>/dev/null || true; fi
    wait_until "processes of the container ${name:0:12} to end" 15 container_is_empty "$name" || true
    find /sys/fs/cgroup -depth -type d -path "*/docker/$name*" -exec rmdir {} + 2>/dev/null || true
  done
}
container_is_empty() { ! grep -qs "$1" /proc/[0-9]*/cgroup; }

# What is mounted below our folders, the deepest first.
unmount_all() {
  local place
  awk '{print $5}' /proc/self/mountinfo | { grep -E "^($run_folder|$state)/" || true; } | sort -r | while read -r place; do
    umount -l "$place" 2>/dev/null || true
  done
}

# After a daemon was killed: its containerd, its mounts and its pid file are left and keep a new one from starting.
docker_clear_remains() {
  end_processes
  end_containers
  unmount_all
  rm -rf "$run_folder"
}

remove_rules() {
  local table rule
  command -v iptables >/dev/null || return 0
  for table in filter nat; do
    { iptables -w -t "$table" -S 2>/dev/null || true; } | { grep -E "^-A .*($docker_bridge|$kind_bridge)" || true; } | sed 's/^-A/-D/' |
      while read -r rule; do eval "iptables -w -t $table $rule" 2>/dev/null || true; done
  done
  # Docker's own chains are shared by all daemons of a machine: they go with the last one.
  if [ -z "$(pidof dockerd)" ]; then remove_chains; fi
}

remove_chains() {
  local table rule chain operation
  for table in filter nat; do
    { iptables -w -t "$table" -S 2>/dev/null || true; } | { grep -E '^-A (FORWARD|PREROUTING|OUTPUT|POSTROUTING) .*-j DOCKER' || true; } | sed 's/^-A/-D/' |
      while read -r rule; do eval "iptables -w -t $table $rule" 2>/dev/null || true; done
    for operation in -F -X; do
      for chain in $(iptables -w -t "$table" -S 2>/dev/null | sed -n 's/^-N \(DOCKER[^ ]*\)$/\1/p'); do
        iptables -w -t "$table" "$operation" "$chain" 2>/dev/null || true
      done
    done
  done
}

# Stops the own daemon and takes away all that it left in the kernel.
docker_down() {
  end_processes
  end_containers
  unmount_all
  rm -rf "$run_folder"
  remove_rules
  ip link del "$docker_bridge" 2>/dev/null || true
  ip link del "$kind_bridge" 2>/dev/null || true
}
