#!/usr/bin/env bash
# A short round of the fire, in which zsh is asked, too, where it can be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
.ci/need zsh || echo "no zsh"
node test/fire/index.mjs
