#!/bin/sh
# Makes what export.sh wrote again, in a namespace without ChurnModels and with no operator at work: docs/backup.md.
# Usage: restore.sh NAMESPACE FOLDER
set -eu
[ $# = 2 ] || {
  echo 'usage: restore.sh NAMESPACE FOLDER' >&2
  exit 2
}
namespace=$1 folder=$2
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
in_namespace() { kubectl --namespace "$namespace" "$@"; }

if [ -n "$(in_namespace get churnmodels.churnops.dev --output name)" ]; then
  echo "There are ChurnModels in namespace $namespace already: nothing was restored." >&2
  exit 1
fi

# An object that is made can't have a resourceVersion; its uid is given by the API server.
without_version() { sed '/^ *"resourceVersion": "[0-9]*",\{0,1\}$/d' "$1"; }
is_empty() { ! grep -q '"kind": "ChurnModel\|"kind": "ConfigMap"\|"kind": "Secret"' "$1"; }
make() {
  if is_empty "$1"; then return 0; fi
  in_namespace create --filename "$1"
}

# note_uids KIND FILE: the objects of the file have new uids now; writes what has to be put for the old ones.
note_uids() {
  if is_empty "$2"; then return 0; fi
  in_namespace create --dry-run=client --filename "$2" --output 'jsonpath={.metadata.name} {.metadata.uid}{"\n"}' >"$work/old"
  while read -r name old; do
    new=$(in_namespace get "$1" "$name" --output 'jsonpath={.metadata.uid}')
    echo "s/$old/$new/g" >>"$work/uids.sed"
  done <"$work/old"
}
with_new_uids() { without_version "$folder/$1.json" | sed -f "$work/uids.sed" >"$work/$1.json"; }
: >"$work/uids.sed"

with_new_uids models
make "$work/models.json"

# Children belong to the uid of their model, which is a new one: the garbage collector would take them otherwise.
note_uids churnmodels.churnops.dev "$folder/models.json"
for kind in secrets configmaps revisions; do
  with_new_uids "$kind"
  make "$work/$kind.json"
done

# What was trained and what serves is in the status of the revisions.
note_uids churnmodelrevisions.churnops.dev "$folder/revisions.json"
with_new_uids revisions
is_empty "$work/revisions.json" || in_namespace replace --subresource=status --filename "$work/revisions.json"
