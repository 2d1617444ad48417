#!/usr/bin/env bash
# Brings a one-node Kubernetes up, or finds it up. CLUSTER=kind makes one with kind; CLUSTER=current takes the
# current kube context; CLUSTER=auto (default) is kind. Recovers from whatever an interrupted run left.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
source "$root/e2e/cluster/docker.sh"
source "$root/e2e/cluster/node-image.sh"

node_image=''
own_docker=no

use_current() {
  local context
  "$root/toolchain/install.sh" node helm kubectl
  context=$(kubectl config current-context 2>/dev/null) || fail 'CLUSTER=current needs a current kube context: kubectl config use-context NAME.'
  kubectl get --raw=/readyz >/dev/null || fail "The cluster of the kube context $context does not answer."
  cat >"$state/env" <<ENV
CHURNOPS_CLUSTER=current
CHURNOPS_CONTEXT='$context'
CHURNOPS_NODE=
CHURNOPS_NODE_ADDRESS=
ENV
  say "Cluster: using your kube context $context"
}

api_answers() { kubectl --kubeconfig "$kubeconfig" get --raw=/readyz --request-timeout=5s; }
node_is_ready() { kubectl --kubeconfig "$kubeconfig" wait --for=condition=Ready node --all --timeout=1s; }
node_exists() { docker container inspect "$node_container"; }

write_env() {
  local address
  address=$(docker container inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$node_container")
  {
    echo 'CHURNOPS_CLUSTER=kind'
    echo "CHURNOPS_NODE=$node_container"
    echo "CHURNOPS_NODE_ADDRESS=$address"
    echo "KUBECONFIG='$kubeconfig'"
    if [ "$own_docker" = yes ]; then echo "DOCKER_HOST=$own_docker_host"; fi
  } >"$state/env.new"
  mv "$state/env.new" "$state/env"
}

write_kind_config() {
  local cgroup_v1=''
  if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then cgroup_v1='failCgroupV1: false'; fi
  cp "$root/e2e/cluster/node/audit-policy.yaml" "$state/audit-policy.yaml"
  {
    cat <<YAML
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: $cluster_name
networking:
  apiServerAddress: 127.0.0.1
  # No private network uses these ranges.
  podSubnet: 198.18.0.0/16
  serviceSubnet: 198.19.0.0/16
  disableDefaultCNI: $([ "$node_image" = "$own_node_image" ] && echo true || echo false)
nodes:
  - role: control-plane
    extraMounts:
      - { hostPath: "$state/audit-policy.yaml", containerPath: /etc/churnops/audit-policy.yaml, readOnly: true }
kubeadmConfigPatches:
  - |
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
        audit-policy-file: /etc/churnops/audit-policy.yaml
        audit-log-path: /var/log/kubernetes/audit.log
        audit-log-maxsize: "200"
        audit-log-maxbackup: "2"
      extraVolumes:
        - { name: audit-policy, hostPath: /etc/churnops/audit-policy.yaml, mountPath: /etc/churnops/audit-policy.yaml, readOnly: true, pathType: File }
        - { name: audit-log, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes, readOnly: false, pathType: DirectoryOrCreate }
    controllerManager:
      extraArgs:
        # Autoscalers look every 5 s and not every 15 s: nobody should wait for them in a demo or a test.
        horizontal-pod-autoscaler-sync-period: 5s
  - |
    kind: KubeletConfiguration
    maxPods: 250
    $cgroup_v1
YAML
  } >"$state/kind.yaml"
}

# An own network with a known bridge name, so that clean can find its rules.
network_up() {
  docker network inspect "$cluster_name" >/dev/null 2>&1 && return
  docker network create -d bridge -o "com.docker.network.bridge.name=$kind_bridge" "$cluster_name" >/dev/null
}

delete_cluster() { kind delete cluster --name "$cluster_name" --kubeconfig "$kubeconfig" >"$logs/kind-delete.log" 2>&1; }

create_cluster() {
  local try
  write_kind_config
  touch "$state/creating"
  for try in 1 2; do
    network_up
    long "Cluster: creating a one-node Kubernetes with $node_image (about 30 s)" "$logs/kind-create.log" \
      kind create cluster --config "$state/kind.yaml" --image "$node_image" --kubeconfig "$kubeconfig" --wait 240s && {
      rm "$state/creating"
      return
    }
    say "kind could not create the cluster (try $try of 2); removing what is half made"
    delete_cluster || true
  done
  fail "kind could not create the cluster; see $logs/kind-create.log."
}

# A node that was stopped with its Docker daemon starts again with all its data, as a machine would.
revive_cluster() {
  # A creation that was interrupted left a node that will never be whole.
  node_exists >/dev/null 2>&1 && [ -s "$kubeconfig" ] && [ ! -e "$state/creating" ] || return 1
  if [ "$(docker container inspect -f '{{.State.Running}}' "$node_container")" != true ]; then
    say 'Cluster: its node is stopped; starting it'
    docker start "$node_container" >/dev/null || return 1
  fi
  wait_until "the cluster's API server" 90 api_answers && wait_until "the cluster's node" 90 node_is_ready
}

system_pods_are_ready() {
  kubectl --kubeconfig "$kubeconfig" -n kube-system wait --for=condition=Available deployment/coredns --timeout=1s
}

use_kind() {
  "$root/toolchain/install.sh" node helm kubectl kind
  docker_up
  if ! revive_cluster; then
    if node_exists >/dev/null 2>&1; then
      say 'Cluster: what an earlier run left is not whole; making it anew'
      delete_cluster || true
    fi
    images_up
    create_cluster
    wait_until 'DNS of the cluster' 180 system_pods_are_ready || fail 'The DNS pods of the cluster do not become ready: kubectl -n kube-system get pods.'
  fi
  write_env
  say "Cluster: $cluster_name is up. To use it in this shell: . e2e/cluster/env.sh"
}

cluster_lock
case ${CLUSTER:-auto} in
  auto | kind) use_kind ;;
  current) use_current ;;
  *) fail "CLUSTER=$CLUSTER is not known: auto, kind or current." ;;
esac
