#!/usr/bin/env bash
# The adapters against the real libraries, which are installed here and nowhere else. Needs dist/.
set -euo pipefail
cd "$(dirname "$0")"
npm ci
node ../../../node_modules/typescript/bin/tsc -p .
npm test
