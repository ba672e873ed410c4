#!/usr/bin/env bash
# Runs the commands of the README (its `bash` blocks) as a reader would paste them, in one shell, in an empty directory.
# Only two things differ: the port is a free one, and `cargo run --release` runs the binary that is there already.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
binary=${BINARY:-$root/target/debug/castellan}
work=$(mktemp -d)
server=""
trap '[[ -z "$server" ]] || kill "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

awk '/^```bash$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/README.md" |
  sed "s/localhost:8080/localhost:$port/g" >"$work/commands.sh"
[[ $(grep -c . "$work/commands.sh") -gt 20 ]] || { echo "the README has lost its commands" >&2; exit 1; }

cargo() {
  [[ "$*" == "run --release" ]] || { echo "the README says: cargo $*" >&2; return 1; }
  CASTELLAN_PORT=$port "$binary" >server.log 2>&1 &
  server=$!
  local tries
  for tries in $(seq 600); do
    curl -sf -o /dev/null "http://localhost:$port/debug/ready" && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat server.log >&2
  echo "the server was not ready after $tries tries" >&2
  return 1
}

cd "$work"
for name in $(compgen -v | grep -E '^(CASTELLAN|ZITADEL)_'); do unset "$name"; done
# shellcheck source=/dev/null
source ./commands.sh >"$work/output"
# Each of the three ways, and Connect, end by showing the organization.
shown=$(grep -o '"primaryDomain" *: *"zitadel.localhost"' "$work/output" | wc -l)
if [[ "$shown" != 4 ]]; then
  echo "the README's commands showed the organization $shown times instead of 4:" >&2
  cat "$work/output" >&2
  exit 1
fi
echo "the README's commands work: the organization was shown $shown times"
