#!/bin/sh
# A Redis for the recipes' tests: REDIS_SERVER=/path/to/one, else one on the PATH, else Debian's is installed.
set -eu

[ -z "${REDIS_SERVER:-}" ] || exit 0
for name in redis-server valkey-server; do
  ! command -v "$name" >/dev/null || exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo 'Redis is missing: install it (Debian: sudo apt-get install redis-server) or set REDIS_SERVER to its path' >&2
  exit 1
fi
echo 'installing Redis (apt-get; some seconds)'
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends redis-server; } >"$log" 2>&1; then
  tail -n 3 "$log" >&2
  echo 'Redis could not be installed: apt-get install redis-server failed' >&2
  exit 1
fi
