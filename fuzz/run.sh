#!/bin/sh
# fuzz/run.sh SECONDS [TARGET…]: runs each target for so long, from the committed corpus on. What is new stays in
# target/fuzz/corpus; `fuzz/run.sh keep [TARGET…]` takes of it what reaches code that the committed corpus does not.
# An input that breaks a law lies in fuzz/artifacts then, and belongs into the corpus once the fault is mended.
set -eu
cd "$(dirname "$0")"

nightly=nightly-2026-05-20
version=0.13.2
# The protocol has no unsafe code: what a sanitizer would see is left to the fields and hashes, at half the speed.
build="--sanitizer none --target-dir ../target/fuzz"
# Long enough for every rule of a target; longer inputs say the same again, slower. Small ones keep the corpus readable.
longest=2048

limit=$1
shift
[ $# -gt 0 ] || set -- action gate parser

command -v rustup >/dev/null || { echo 'rustup is missing: fuzzing needs a nightly compiler; install it from https://rustup.rs'; exit 1; }
rustup run $nightly rustc --version >/dev/null 2>&1 || rustup toolchain install $nightly --profile minimal
PATH="$PWD/../.tools/bin:$PATH"
[ "$(cargo-fuzz --version 2>/dev/null)" = "cargo-fuzz $version" ] ||
  cargo install --quiet cargo-fuzz --version $version --locked --root ../.tools

for target; do
  found=../target/fuzz/corpus/$target
  mkdir -p "$found"
  if [ "$limit" = keep ]; then
    cargo +$nightly fuzz run $build "$target" "corpus/$target" "$found" -- -set_cover_merge=1 -use_counters=0 -max_len=$longest
  else
    cargo +$nightly fuzz run $build "$target" "$found" "corpus/$target" -- \
      -max_total_time="$limit" -max_len=$longest -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
  fi
done
