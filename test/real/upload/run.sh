#!/usr/bin/env bash
# Uploads, W&B's client beside ours, against the stand-in server, and pages by a relay. FULL=1: all sizes, and 200 rounds of faults and
# kills.
set -euo pipefail
cd "$(dirname "$0")/../../.."
node scripts/build.mjs --if-needed
for version in 0.31.0 0.28.2; do .ci/wandb-env "$version" >/dev/null; done
[ -e .cache/engines/node_modules/.bin/deno ] || npm install --no-package-lock --silent --prefix .cache/engines deno@2.9.6 bun@1.4.5
.ci/need chromium firefox-esr
[ -e test/real/browsers/node_modules/playwright-core ] || (cd test/real/browsers && npm ci --silent)
exec node --test --test-reporter=spec test/real/upload/upload.test.mjs test/real/upload/page.test.mjs
