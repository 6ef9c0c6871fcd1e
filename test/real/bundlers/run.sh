#!/usr/bin/env bash
# The packed tarball as users meet it: through bundlers in Chromium, by script tag, in Node, Jest's jsdom, Deno and Bun.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
"$root/.ci/need" chromium
export WANDB_IMAGE_APP=$(mktemp -d)
trap 'rm -rf "$WANDB_IMAGE_APP"' EXIT

(cd "$root" && node scripts/build.mjs --if-needed && npm pack --ignore-scripts --silent --pack-destination "$WANDB_IMAGE_APP" >/dev/null)
cd "$here"
[ -e node_modules/webpack ] || npm ci --silent

cp -r app/. "$WANDB_IMAGE_APP"
cd "$WANDB_IMAGE_APP"
# Deno and Bun offer not every platform's package here, which a lock file would ask for.
npm install --no-package-lock --silent ./wandb-image-*.tgz deno@2.9.6 bun@1.4.5
cd "$here"
node --test --test-reporter=spec ${PATTERN:+--test-name-pattern="$PATTERN"} bundlers.test.mjs
