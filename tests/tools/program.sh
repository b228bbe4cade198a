#!/bin/sh
# A program that the tests need: program.sh NAME VARIABLE PROGRAM...
# $VARIABLE if it is set, else one of PROGRAM on the PATH, else Debian's package of the first one's name is installed.
set -eu

name=$1 variable=$2 package=$3
shift 2
eval "given=\${$variable:-}"
[ -z "$given" ] || exit 0
for program in "$@"; do
  ! command -v "$program" >/dev/null || exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "$name is missing: install it (Debian: sudo apt-get install $package) or set $variable to its path" >&2
  exit 1
fi
echo "installing $name (apt-get; about a minute)"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends "$package"; } >"$log" 2>&1; then
  tail -n 3 "$log" >&2
  echo "$name could not be installed: apt-get install $package failed" >&2
  exit 1
fi
