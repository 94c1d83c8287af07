# shellcheck shell=bash
# What every script here shares: the project's top folder, the Rust toolchain, a place for tools. Sourced, not run.

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$project_root" || exit 1

# Where cargo builds, and where tools of the project live (never in the user's home).
target_dir=${CARGO_TARGET_DIR:-$project_root/target}
# shellcheck disable=SC2034 # read by the scripts that source this file
tools_dir=$target_dir/tools

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# version_at_least HAVE WANT
version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Puts cargo on the path and settles which toolchain runs. rust-toolchain.toml pins one; where rustup neither has it
# nor may fetch it, an installed `stable` that is at least as new does.
use_rust() {
  local wanted have
  if ! command -v cargo >/dev/null && [ -f "$HOME/.cargo/env" ]; then
    # shellcheck disable=SC1091 # made by rustup, not part of the project
    . "$HOME/.cargo/env"
  fi
  command -v cargo >/dev/null || fail "cargo is not on the path; install Rust first (see README.md)"
  wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  if ! have=$(rustc --version 2>/dev/null); then
    have=$(RUSTUP_TOOLCHAIN=stable rustc --version 2>/dev/null) ||
      fail "Rust $wanted is not installed and rustup could not fetch it"
    export RUSTUP_TOOLCHAIN=stable
  fi
  have=$(awk '{ print $2 }' <<<"$have")
  version_at_least "$have" "$wanted" || fail "Rust $have is too old: $wanted or newer is needed"
}
