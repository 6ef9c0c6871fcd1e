#!/usr/bin/env bash
# 500 damaged runs of ours and 40 of Python's, repaired, then uploaded by W&B's own client (ROUNDS= for fewer). Needs Python 3 and, the first time, its package index.
set -euo pipefail
cd "$(dirname "$0")/../../.."

for version in 0.31.0 0.28.2; do
  env=".venv/wandb-$version"
  [ -e "$env/ready" ] && continue
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check "wandb==$version" "numpy==2.4.6" "pillow==13.0.0"
  touch "$env/ready"
done
WANDB="$PWD/.venv/wandb-0.31.0/bin/wandb" exec node --experimental-vm-modules node_modules/jest/bin/jest.js --testMatch="$PWD/test/real/repair/*.test.ts" "$@"
