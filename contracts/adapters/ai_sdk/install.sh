#!/usr/bin/env bash
# Installs what the adapters here drive, from the package registry that npm is set to, unless it is there already.
set -euo pipefail
cd "$(dirname "$0")"

for folder in v6 v7; do
  if [ ! "$folder/node_modules" -nt "$folder/package.json" ]; then
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error)
    touch "$folder/node_modules"
  fi
done
