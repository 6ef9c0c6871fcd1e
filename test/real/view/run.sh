#!/usr/bin/env bash
# The viewer as a person uses it: Debian's Chromium and Firefox, driven by playwright-core, looking at runs of ours and of
# Python's wandb; what `show` and `export` write, decoded by others. Needs apt-get and Python's package index the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
"$root/.ci/need" chromium firefox-esr
(cd "$root" && node scripts/build.mjs --if-needed)
WANDB_0_31_0=$("$root/.ci/wandb-env" 0.31.0)
WANDB_0_28_2=$("$root/.ci/wandb-env" 0.28.2)
export WANDB_0_31_0 WANDB_0_28_2
cd "$here"
[ -e node_modules/sixel ] || npm ci --silent
exec node --test --test-concurrency=1 --test-reporter=spec ./*.test.mjs
