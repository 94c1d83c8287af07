#!/usr/bin/env bash
# Installs the npm packages that the tests run against (an identity provider and an application that nobody here
# wrote), for every package-lock.json below tests/, unless what is there fits the lock already.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

while read -r lock; do
  folder=$(dirname "$lock")
  stamp=$folder/node_modules/.installed-from
  if ! cmp -s "$lock" "$stamp"; then
    say "installing the npm packages of $folder"
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error --ignore-scripts >&2
    cp "$lock" "$stamp"
  fi
done < <(find tests -name node_modules -prune -o -name package-lock.json -print)
