#!/usr/bin/env bash
# Everything that `make demo`, `make test` and `make lint` would install on their way, at once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust

scripts/install-debian.sh build saml test lint
scripts/node-path.sh >/dev/null
scripts/assets.sh
scripts/install-tool.sh cargo-deny >/dev/null
cargo fetch --locked --quiet
