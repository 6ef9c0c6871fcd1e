#!/usr/bin/env bash
# Our runs under the real client's eyes: `npm run test:wandb`. Needs Python 3 and, the first time, its package index.
set -euo pipefail
cd "$(dirname "$0")/../../.."

# The newest, which uploads; and the last line that normalises as we do (and reads records in Python), which compares.
versions=(0.31.0 0.28.2)
for version in "${versions[@]}"; do .ci/wandb-env "$version" >/dev/null; done
exec node test/real/wandb/check.mjs "${versions[@]}"
