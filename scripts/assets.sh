#!/usr/bin/env bash
# Builds the script editor of the console into assets/dist, which the binary embeds. Does nothing if what is there fits
# its sources, and only says so where there is no Node.js 20 or newer: the console then has a plain text area instead.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

without() {
  say "assets: $1: the console will have a plain text area instead of the script editor"
  exit 0
}

stamp=assets/dist/.built-from
sources=$(cat assets/package-lock.json assets/build.mjs assets/editor/*.js | sha256sum)
if [ -f assets/dist/script-editor.js ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sources" ]; then
  exit 0
fi
command -v npm >/dev/null || without 'Node.js and npm are missing'

# npm runs on the machine's own node, which knows the certificates that the machine trusts.
say 'building the script editor'
npm ci --prefix assets --no-audit --no-fund --loglevel=error --ignore-scripts >&2 ||
  without 'the packages could not be fetched'
node_dir=$(scripts/node-path.sh) || without 'Node.js is too old and a newer one could not be fetched'
(cd assets && PATH="$node_dir:$PATH" node build.mjs) || fail 'the script editor could not be built'
printf '%s\n' "$sources" >"$stamp"
