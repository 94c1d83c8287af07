#!/usr/bin/env bash
# Installs the brokers of others that `make bench BENCH="... --peers"` measures beside Usher, in versions that were tried,
# below target/tools. A broker that cannot be installed here is left out of the run, with a word.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

for folder in benches/peers/*/; do
  folder=${folder%/}
  if "$folder/install.sh"; then
    touch "$folder/installed"
  else
    rm -f "$folder/installed"
    say "$(basename "$folder") cannot be installed here and is left out"
  fi
done
