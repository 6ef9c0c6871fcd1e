#!/usr/bin/env bash
# What Jest cannot ask of the encoders: pngcheck's judgement of every form of PNG, and the memory that a 1.6 GB frame takes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
"$root/.ci/need" pngcheck
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

(cd "$root" && node scripts/build.mjs --if-needed)

node "$here/forms.mjs" "$folder"
pngcheck -q "$folder"/*.png
echo "pngcheck: $(ls "$folder" | wc -l) files, no errors"
node "$here/huge.mjs" png
node "$here/huge.mjs" jpg
