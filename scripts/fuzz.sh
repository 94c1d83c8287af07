#!/usr/bin/env bash
# Runs every fuzz target for FUZZ_SECONDS seconds (60), or only those named. New inputs stay in fuzz/corpus-grown/; what is
# worth keeping is copied to fuzz/corpus/, which `make test` replays.
#   scripts/fuzz.sh [TARGET...]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
use_rust
scripts/install-debian.sh build fuzz
PATH="$(scripts/install-tool.sh cargo-fuzz):$PATH"

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(sed -n 's/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml | tail -n +2)
fi
seconds=${FUZZ_SECONDS:-60}
for target in "${targets[@]}"; do
  say "fuzzing $target for $seconds seconds"
  mkdir -p "fuzz/corpus-grown/$target"
  # -s none: no sanitizer, so that the stable compiler does; our code has no unsafe blocks to watch.
  cargo fuzz run --sanitizer none "$target" "fuzz/corpus-grown/$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -print_final_stats=1
done
