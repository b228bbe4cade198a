#!/bin/sh
# What the Rust build needs beside cargo itself: the wasm target, the formatter, the linter, and for a smaller module the
# sources of the standard library.
set -eu

if command -v rustup >/dev/null; then
  installed=$(rustup target list --installed)
  case $installed in
    *wasm32-unknown-unknown*) ;;
    *) echo 'adding the Rust target wasm32-unknown-unknown' && rustup --quiet target add wasm32-unknown-unknown ;;
  esac
  for component in rustfmt clippy; do
    rustup component list --installed | grep -q "^$component" || rustup --quiet component add "$component"
  done
  rustup component list --installed | grep -q '^rust-src' || rustup --quiet component add rust-src ||
    echo 'the sources of the standard library cannot be had: the module gets a tenth larger' >&2
elif [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
  echo 'the Rust target wasm32-unknown-unknown is missing: install Rust with rustup from https://rustup.rs' >&2
  exit 1
fi
