#!/usr/bin/env bash
# Everything that is judged without running Usher. Stops at the first finding.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust
scripts/install-debian.sh build saml lint
deny=$(scripts/install-tool.sh cargo-deny)

step() {
  say "lint: $1"
  shift
  "$@"
}

step 'format' cargo fmt --all --check
step 'format of the fuzz targets' cargo fmt --manifest-path fuzz/Cargo.toml --check
step 'format of the small benches' cargo fmt --manifest-path benches/micro/Cargo.toml --check
step 'shell scripts' shellcheck --external-sources --source-path=SCRIPTDIR scripts/*.sh benches/peers/*.sh benches/peers/*/*.sh .ci/run
step 'compose file' scripts/check_compose.py docker-compose.yml
# Duplicates of a crate warn, they do not fail: shown by running cargo deny by hand.
step 'dependencies' "$deny/cargo-deny" --log-level error --locked check bans licenses sources
step 'clippy' cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
# Alone, as `make demo` and the image build it: no feature may come in through what only tests use.
step 'the product alone' cargo check --locked --quiet -p usher-web -p usher-demo
say 'lint: clean'
