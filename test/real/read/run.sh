#!/usr/bin/env bash
# Runs of Python's wandb, from 0.12 to the newest, read by `wandb-image/read`. Needs Python 3 and, the first time, its package index.
set -euo pipefail
cd "$(dirname "$0")/../../.."

# The newest; the last whose Python reads records; old ones (0.12.9 names no files of lists). 0.12.21 waits for a network even offline.
versions=(0.31.0 0.28.2 0.15.12 0.13.11 0.12.9)
for version in "${versions[@]}"; do
  env=".venv/wandb-$version"
  [ -e "$env/ready" ] && continue
  rm -rf "$env"
  python3 -m venv "$env"
  case $version in
  0.1*) packages=("numpy<2" "pillow<11" "protobuf<4" "setuptools<81") ;;
  *) packages=("numpy==2.4.6" "pillow==13.0.0") ;;
  esac
  "$env/bin/pip" install --quiet --disable-pip-version-check "wandb==$version" "${packages[@]}"
  touch "$env/ready"
done
exec node test/real/read/check.mjs "${versions[@]}"
