#!/usr/bin/env bash
# The package in real browsers: Debian's Chromium and Firefox, driven by playwright-core. Self-contained; needs apt-get the
# first time, if the browsers are missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
"$root/.ci/need" chromium firefox-esr

(cd "$root" && node scripts/build.mjs --if-needed)
# The client that uploads the page's run.
WANDB_ENV=$("$root/.ci/wandb-env" 0.31.0)
export WANDB_ENV
cd "$here"
[ -e node_modules/playwright-core ] || npm ci --silent
exec node --test --test-reporter=spec browser.test.mjs
