#!/usr/bin/env bash
# 500 damaged runs, repaired, then uploaded by W&B's own client (ROUNDS= for fewer). Needs Python 3 and, the first time, its package index.
set -euo pipefail
cd "$(dirname "$0")/../../.."

version=0.31.0
env=".venv/wandb-$version"
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check "wandb==$version" "numpy==2.4.6" "pillow==13.0.0"
  touch "$env/ready"
fi
WANDB="$PWD/$env/bin/wandb" exec node --experimental-vm-modules node_modules/jest/bin/jest.js --testMatch "$PWD/test/real/repair/*.test.ts" "$@"
