# shellcheck shell=bash
# Sourced: the node image of kind and the base image of our images; pulled, or built here under the same names.

debian_image=churnops.local/debian:$DEBIAN_RELEASE

# have_images: the base image and a node image are in this Docker; sets node_image.
have_images() {
  local image
  docker image inspect "$NODE_BASE_IMAGE" >/dev/null 2>&1 || return 1
  for image in "$KIND_NODE_IMAGE" "$own_node_image"; do
    if docker image inspect "$image" >/dev/null 2>&1; then
      node_image=$image
      return 0
    fi
  done
  return 1
}

# Sets node_image. Without a registry both images are built here, which takes about two minutes after the toolchain.
images_up() {
  have_images && return
  say 'Looking for an image registry'
  if timeout 300 docker pull -q "$NODE_BASE_IMAGE" >"$logs/pull.log" 2>&1 && long "Pulling $KIND_NODE_IMAGE" "$logs/pull-node.log" retry docker pull -q "$KIND_NODE_IMAGE"; then
    have_images
    return
  fi
  say 'No image registry can be reached: building the images from Debian and Go modules'
  [ "$(id -u)" = 0 ] || fail 'Building the node image needs root (debootstrap): run as root, or let Docker reach an image registry, or use CLUSTER=current.'
  "$root/toolchain/install.sh" debootstrap pinned-node kube coredns pause
  debian_up
  base_image_up
  docker image inspect "$own_node_image" >/dev/null 2>&1 || build_node_image
  have_images
}

# The base image alone, where the cluster is the user's own.
base_up() {
  docker image inspect "$NODE_BASE_IMAGE" >/dev/null 2>&1 && return
  say 'Looking for an image registry'
  if timeout 300 docker pull -q "$NODE_BASE_IMAGE" >"$logs/pull.log" 2>&1; then return; fi
  say "No image registry can be reached: building $NODE_BASE_IMAGE from Debian"
  [ "$(id -u)" = 0 ] || fail "Building $NODE_BASE_IMAGE needs root (debootstrap): run as root, or let Docker reach an image registry."
  "$root/toolchain/install.sh" debootstrap pinned-node
  debian_up
  base_image_up
}

debian_up() {
  docker image inspect "$debian_image" >/dev/null 2>&1 && return
  if [ ! -f "$state/rootfs.done" ]; then
    rm -rf "$state/rootfs"
    long 'Debian: fetching a small root file system with debootstrap (about 60 s)' "$logs/debootstrap.log" retry make_rootfs
    touch "$state/rootfs.done"
  fi
  long 'Debian: importing it as an image' "$logs/import.log" import_rootfs
}
make_rootfs() {
  rm -rf "$state/rootfs" && nice -n 10 debootstrap --variant=minbase --include=ca-certificates,libstdc++6 "$DEBIAN_RELEASE" "$state/rootfs" || return 1
  rm -rf "$state"/rootfs/var/cache/apt/archives/*.deb "$state"/rootfs/var/lib/apt/lists/* "$state"/rootfs/usr/share/{doc,man,locale}/*
}
import_rootfs() { tar -C "$state/rootfs" --numeric-owner -c . | docker import -c 'CMD ["bash"]' - "$debian_image"; }

base_image_up() {
  docker image inspect "$NODE_BASE_IMAGE" >/dev/null 2>&1 && return
  local context=$state/base-context
  rm -rf "$context"
  mkdir -p "$context"
  cp "$root/.cache/node/bin/node" "$context/node"
  printf 'FROM %s\nCOPY node /usr/local/bin/node\nCMD ["node"]\n' "$debian_image" >"$context/Dockerfile"
  long "$NODE_BASE_IMAGE: building it from Debian and Node $NODE_VERSION" "$logs/base-image.log" docker build -t "$NODE_BASE_IMAGE" "$context"
  rm -rf "$context"
}

# FROM scratch images of one static program.
program_image() {
  local context=$state/context/$1
  mkdir -p "$context"
  cp "$root/.cache/bin/$1" "$context/$1"
  printf 'FROM scratch\nCOPY %s /%s\nWORKDIR /\nENTRYPOINT ["/%s"]\n' "$1" "$1" "$1" >"$context/Dockerfile"
  docker build -q -t "churnops.local/$1" "$context"
}

build_node_image() {
  rm -rf "$state/context"
  long 'Kubernetes images: building them (about 20 s)' "$logs/control-plane-images.log" build_control_plane
  long 'Node image: building it (about 40 s)' "$logs/node-image.log" build_node_base
  long 'Node image: loading the Kubernetes images into it (about 20 s)' "$logs/node-preload.log" preload_images
  rm -rf "$state/context"
}

# Every control-plane image is this one image under another tag.
build_control_plane() {
  local context=$state/context/kube
  set -e
  mkdir -p "$context"
  cp "$root/.cache/bin/kube" "$context/kube"
  sed "s|@DEBIAN@|$debian_image|" "$root/e2e/cluster/node/control-plane.Dockerfile" >"$context/Dockerfile"
  docker build -t churnops.local/kube "$context"
  program_image pause
  program_image coredns
}

control_plane_images() { "$root/.cache/bin/kube" kubeadm config images list --kubernetes-version "v$KUBERNETES_VERSION"; }

# kind's own base files from its Go module, Debian's containerd and CNI plugins.
build_node_base() {
  local context=$state/context/node module files pause
  set -e
  module=$(cd / && go mod download -json "sigs.k8s.io/kind@v$KIND_VERSION" | sed -n 's/.*"Dir": "\(.*\)",*/\1/p')
  pause=$(control_plane_images | grep '/pause:')
  files=$context/files
  mkdir -p "$context"
  cp -r "$module/images/base/files" "$files"
  chmod -R u+w "$files"
  rm -rf "$files/LICENSES" "$files/etc/systemd/system/containerd-fuse-overlayfs.service"
  install -m 755 "$files/usr/local/bin/clean-install" "$context/clean-install"
  mkdir -p "$files/kind/manifests"
  cp "$root/e2e/cluster/node/default-storage.yaml" "$files/kind/manifests/"
  cp "$root/e2e/cluster/node/cni.template" "$files/etc/containerd/cni.template"
  adapt_containerd "$files/etc/containerd/config.toml" "$pause"
  chmod -R a+rX "$files"
  cp "$root/.cache/bin/kube" "$context/kube"
  sed -e "s|@DEBIAN@|$debian_image|" -e "s|@VERSION@|v$KUBERNETES_VERSION|" "$root/e2e/cluster/node/Dockerfile" >"$context/Dockerfile"
  docker build -t churnops.local/node-base "$context"
}

# Debian's containerd 1.6: no fuse-overlayfs plugin, our pause image, CNI from a template; and where not even root
# has CAP_SYS_RESOURCE, containers must not ask for a lower OOM score than their parent's.
adapt_containerd() {
  sed -i -e '/^\[proxy_plugins/,/address = /d' -e "s#^  sandbox_image = .*#  sandbox_image = \"$2\"#" \
    -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' "$1"
  cat >>"$1" <<'TOML'

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
  conf_template = "/etc/containerd/cni.template"
TOML
}

preload_images() {
  local images=() image source id
  set -e
  for image in $(control_plane_images); do
    case $image in
      *coredns*) source=churnops.local/coredns ;;
      */pause:*) source=churnops.local/pause ;;
      *) source=churnops.local/kube ;;
    esac
    docker tag "$source" "$image"
    images+=("$image")
  done
  docker rm -f -v "$cluster_name-preload" >/dev/null 2>&1 || true
  id=$(docker run -d --name "$cluster_name-preload" --entrypoint sleep --security-opt seccomp=unconfined churnops.local/node-base infinity)
  docker exec -d "$id" sh -c 'echo $$ > /tmp/containerd.pid; exec containerd > /tmp/containerd.log 2>&1'
  wait_until 'containerd in the node image' 60 docker exec "$id" ctr version
  docker save "${images[@]}" | docker exec -i "$id" ctr --namespace=k8s.io images import --all-platforms --no-unpack --digests -
  docker exec "$id" sh -c 'p=$(cat /tmp/containerd.pid); kill $p; while [ -d /proc/$p ] && ! grep -q "^State:.*Z" /proc/$p/status; do sleep 0.1; done; rm -rf /run/containerd /tmp/containerd.*'
  docker commit --change 'ENTRYPOINT [ "/usr/local/bin/entrypoint", "/sbin/init" ]' "$id" "$own_node_image"
  docker rm -f -v "$id" >/dev/null
}
