#!/bin/sh
# A Chromium for the browser tests: CHROMIUM=/path/to/one, else the distribution's, else Debian's is installed.
set -eu

[ -z "${CHROMIUM:-}" ] || exit 0
for name in chromium chromium-browser google-chrome; do
  ! command -v "$name" >/dev/null || exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'Chromium is missing: install it (Debian: sudo apt-get install chromium) or set CHROMIUM to its path' >&2
  exit 1
fi
echo 'installing Chromium (apt-get; about a minute)'
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; } >"$log" 2>&1; then
  tail -n 3 "$log" >&2
  echo 'Chromium could not be installed: apt-get install chromium failed' >&2
  exit 1
fi
