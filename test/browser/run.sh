#!/usr/bin/env bash
# The package in real browsers: Debian's Chromium and Firefox, driven by playwright-core. Self-contained; needs apt-get the
# first time, if the browsers are missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if ! command -v chromium >/dev/null || ! command -v firefox-esr >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium firefox-esr >/dev/null
fi
(cd "$here/../.." && node scripts/build.mjs --if-needed)
cd "$here"
[ -e node_modules/playwright-core ] || npm ci --silent
exec node --test --test-reporter=spec browser.test.mjs
