#!/usr/bin/env bash
# Builds the release server and the load harness, measures brokered sign-ins and prints a table (docs/performance.md).
# Everything that it needs (provider, databases, brokers) runs on free loopback ports and is stopped again. Arguments go
# to the harness: `smoke`, `quick` or `full` (`micro`: the pieces alone), `--record`, `--peers`, `--profile FILE`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust
scripts/install-debian.sh build bench

# What the person's shell says about Usher must not reach the server under load.
for name in "${!USHER_@}"; do
  unset "$name"
done
for argument in "$@"; do
  [ "$argument" != --peers ] || benches/peers/install.sh
done

[ -x "$target_dir/release/login-load" ] || say 'building the release server; the first time takes minutes'
if [ "${1:-}" = micro ]; then
  exec cargo bench --locked --manifest-path benches/micro/Cargo.toml --target-dir "$target_dir/micro"
fi
cargo build --release --locked -p usher-web -p usher-login-load --bins || fail 'the build failed'
exec "$target_dir/release/login-load" run "$@" --out "$target_dir/bench"
