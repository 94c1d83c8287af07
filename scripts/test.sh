#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test and closes with one line of counts. The tests start
# their own databases, providers and browsers on free loopback ports and stop them again. Arguments go to cargo test.
# With USHER_UPDATE_SCREENSHOTS=1 the pictures of the guides are taken anew.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust
scripts/install-debian.sh build saml test

# What the person's shell says about Usher must not reach the servers under test.
for name in "${!USHER_@}"; do
  [ "$name" = USHER_UPDATE_SCREENSHOTS ] || unset "$name"
done

# npm runs on the machine's own node, which knows the certificates that the machine trusts; the peers on a newer one.
scripts/install-peers.sh
scripts/assets.sh
node_dir=$(scripts/node-path.sh)
export PATH="$node_dir:$PATH"

# Binaries and tests in one go: same features, so that no dependency is built twice.
cargo build --locked --workspace --bins --tests || fail 'the build failed'

log=$target_dir/test-output.log
status=0
cargo test --locked --workspace --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?

read -r passed failed < <(awk '/^test result:/ { passed += $4; failed += $6 } END { print passed + 0, failed + 0 }' "$log")
# A test binary that crashed, or did not build, has no line of its own.
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
[ "$failed" -eq 0 ] || { say 'failed:'; awk '/^test .* FAILED$/ { print "  " $2 }' "$log" >&2; }
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
