#!/usr/bin/env bash
# Every code block of README and docs, run as it stands (blocks.mjs says how). One document: run.sh README.md
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
"$root/.ci/need" chromium
(cd "$root" && node scripts/build.mjs --if-needed)
cd "$here"
[ -e node_modules/playwright-core ] || npm ci --silent
DOCUMENTS="$*" exec node --test --test-reporter=spec docs.test.mjs
