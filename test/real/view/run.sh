#!/usr/bin/env bash
# The viewer as a person uses it: Debian's Chromium and Firefox, driven by playwright-core, looking at runs of ours and of
# Python's wandb; what `show` and `export` write, decoded by others. Needs apt-get and Python's package index the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)

if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium firefox-esr >/dev/null
fi
(cd "$root" && node scripts/build.mjs --if-needed)
for version in 0.31.0 0.28.2; do
  env="$root/.venv/wandb-$version"
  if [ ! -e "$env/ready" ]; then
    rm -rf "$env"
    python3 -m venv "$env"
    "$env/bin/pip" install --quiet --disable-pip-version-check "wandb==$version" "numpy==2.4.6" "pillow==13.0.0"
    touch "$env/ready"
  fi
done
cd "$here"
[ -e node_modules/playwright-core ] || npm ci --silent
exec node --test --test-concurrency=1 --test-reporter=spec ./*.test.mjs
