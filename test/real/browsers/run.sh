#!/usr/bin/env bash
# The package in real browsers: Debian's Chromium and Firefox, driven by playwright-core. Self-contained; needs apt-get the
# first time, if the browsers are missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium firefox-esr >/dev/null
fi
(cd "$here/../../.." && node scripts/build.mjs --if-needed)
# The client that uploads the page's run, in the environment that test/real/wandb/run.sh makes.
export WANDB_ENV="$here/../../../.venv/wandb-0.31.0"
if [ ! -e "$WANDB_ENV/ready" ]; then
  python3 -m venv "$WANDB_ENV"
  "$WANDB_ENV/bin/pip" install --quiet --disable-pip-version-check wandb==0.31.0 numpy==2.4.6 pillow==13.0.0
  touch "$WANDB_ENV/ready"
fi
cd "$here"
[ -e node_modules/playwright-core ] || npm ci --silent
exec node --test --test-reporter=spec browser.test.mjs
