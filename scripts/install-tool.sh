#!/usr/bin/env bash
# Prints the folder of a cargo tool in the version that scripts/tool-versions names, building it into the project's
# tools folder if need be.
#   scripts/install-tool.sh cargo-deny
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust

tool=$1
version=$(awk -v tool="$tool" '$1 == tool { print $2 }' scripts/tool-versions)
[ -n "$version" ] || fail "scripts/tool-versions does not name $tool"

has_version() {
  [ -x "$1" ] && [ "$("$1" --version 2>/dev/null | awk '{ print $NF }')" = "$version" ]
}

on_path=$(command -v "$tool" || true)
if [ -n "$on_path" ] && has_version "$on_path"; then
  dirname "$on_path"
  exit 0
fi
if ! has_version "$tools_dir/bin/$tool"; then
  say "building $tool $version (once)"
  cargo install --quiet --locked --root "$tools_dir" --target-dir "$tools_dir/build" --version "$version" "$tool" >&2
  rm -rf "$tools_dir/build"
fi
printf '%s\n' "$tools_dir/bin"
