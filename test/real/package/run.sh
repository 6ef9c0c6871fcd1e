#!/usr/bin/env bash
# The packed tarball, installed into an empty project as a user would: by import and require(), under Jest's CommonJS, ts-node and TypeScript
# in a CommonJS package; its declarations under every TypeScript. With `quick` by import and require() alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
WANDB_IMAGE_APP=$(mktemp -d)
export WANDB_IMAGE_APP
trap 'rm -rf "$WANDB_IMAGE_APP"' EXIT

(cd "$root" && node scripts/build.mjs --if-needed && npm pack --ignore-scripts --silent --pack-destination "$WANDB_IMAGE_APP" >/dev/null)
cp -r "$here/app/." "$WANDB_IMAGE_APP"
cd "$WANDB_IMAGE_APP"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --silent ./wandb-image-*.tgz
node import.mjs
node require.cjs
[ "${1:-}" = quick ] && exit

cd "$here"
[ -e node_modules/ts-node ] || npm ci --silent
ln -s "$here/node_modules/@types" "$WANDB_IMAGE_APP/node_modules/@types"
node --test --test-reporter=spec tools.test.mjs types.test.mjs
