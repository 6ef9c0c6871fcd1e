#!/usr/bin/env bash
# Our runs under the real client's eyes: `npm run test:wandb`. Needs Python 3 and, the first time, its package index.
set -euo pipefail
cd "$(dirname "$0")/../../.."

# The newest, which uploads; and the last line that normalises as we do (and reads records in Python), which compares.
versions=(0.31.0 0.28.2)
for version in "${versions[@]}"; do
  env=".venv/wandb-$version"
  if [ ! -e "$env/ready" ]; then
    rm -rf "$env"
    python3 -m venv "$env"
    "$env/bin/pip" install --quiet --disable-pip-version-check "wandb==$version" "numpy==2.4.6" "pillow==13.0.0"
    touch "$env/ready"
  fi
done
exec node test/real/wandb/check.mjs "${versions[@]}"
