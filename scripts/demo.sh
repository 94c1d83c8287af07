#!/usr/bin/env bash
# Builds Usher and the demo and becomes the demo: Ctrl-C and signals reach it directly. Arguments go to it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust
scripts/install-debian.sh build

# The profile of the tests: its dependencies are optimised, so passwords hash at full speed.
[ -x "$target_dir/debug/usher-demo" ] || say 'building Usher; only the first time takes minutes'
cargo build --locked -p usher-web -p usher-demo || fail 'the build failed'
exec "$target_dir/debug/usher-demo" "$@"
