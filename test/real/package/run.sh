#!/usr/bin/env bash
# The packed tarball, installed into an empty project as a user would, and used by import and by require().
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

(cd "$root" && node scripts/build.mjs --if-needed && npm pack --ignore-scripts --silent --pack-destination "$folder" >/dev/null)
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --silent ./wandb-image-*.tgz
cp "$here/use.mjs" "$here/use.cjs" .
node use.mjs
node use.cjs
