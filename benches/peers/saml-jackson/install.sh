#!/usr/bin/env bash
# saml-jackson from npm, with the SQLite driver that its documentation names.
set -euo pipefail
. "$(dirname "$0")/../../../scripts/lib.sh"

folder=$tools_dir/peers/saml-jackson
[ -d "$folder/node_modules/@boxyhq/saml-jackson" ] && exit 0
say 'installing saml-jackson'
mkdir -p "$folder"
PATH=$(scripts/node-path.sh):$PATH
export PATH
npm install --prefix "$folder" --no-audit --no-fund --no-save --loglevel=error '@boxyhq/saml-jackson@26.2.0' \
  'better-sqlite3@12.8.0' >&2
