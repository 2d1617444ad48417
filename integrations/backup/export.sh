#!/bin/sh
# Writes the ChurnModels of a namespace, and what their serving rests on, to a folder as JSON: docs/backup.md.
# Usage: export.sh NAMESPACE FOLDER      (kubectl must be able to read Secrets there)
set -eu
[ $# = 2 ] || {
  echo 'usage: export.sh NAMESPACE FOLDER' >&2
  exit 2
}
namespace=$1 folder=$2
# The folder will hold Secrets.
umask 077
mkdir -p "$folder"

save() {
  file=$folder/$1.json
  shift
  kubectl --namespace "$namespace" get "$@" --output json >"$file.part"
  mv "$file.part" "$file"
}

ours=app.kubernetes.io/managed-by=churnops-operator
save models churnmodels.churnops.dev
save revisions churnmodelrevisions.churnops.dev
save configmaps configmaps --selector "$ours"
save secrets secrets --selector "$ours"
echo "Exported to $folder: models, revisions, configmaps, secrets. Keep it as you keep Secrets." >&2
