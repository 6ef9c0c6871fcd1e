#!/usr/bin/env bash
# Uploads, W&B's client beside ours, against the stand-in server. FULL=1: all sizes, and 200 rounds of faults and kills.
set -euo pipefail
cd "$(dirname "$0")/../../.."
for version in 0.31.0 0.28.2; do
  env=".venv/wandb-$version"
  if [ ! -e "$env/ready" ]; then
    rm -rf "$env"
    python3 -m venv "$env"
    "$env/bin/pip" install --quiet --disable-pip-version-check "wandb==$version" "numpy==2.4.6" "pillow==13.0.0"
    touch "$env/ready"
  fi
done
node --test test/real/upload/upload.test.mjs
