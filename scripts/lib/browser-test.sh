#!/usr/bin/env bash
# Tests the pages against a stand-in, then with a practice center of its own, and stops that. $1: the madoguchi binary.
source "$(dirname "${BASH_SOURCE[0]}")/install.sh"
binary=$1
need_web_packages
need_chromium
data=$(mktemp -d "${TMPDIR:-/tmp}/madoguchi-browser.XXXXXX")
chmod 755 "$data"
center=
stop() {
  if [ -n "$center" ]; then kill -TERM "$center" 2>/dev/null || true; wait "$center" 2>/dev/null || true; fi
  rm -rf "$data"
}
trap stop EXIT
cd "$ROOT"
# Both are told of, whichever fails.
code=0
(cd web && npm run --silent pages) || code=1
password=$(head -c 18 /dev/urandom | base64 | tr -d '+/=')
"$binary" up --data "$data/center" --base-port 0 --practice-password "$password" >"$data/up.log" 2>&1 &
center=$!
for _ in $(seq 600); do
  grep -q 'practice center runs' "$data/up.log" && break
  kill -0 "$center" 2>/dev/null || { cat "$data/up.log" >&2; die "the practice center did not start"; }
  sleep 0.2
done
address() { grep -oE "^ +$1 +agents http://[^/ ]+" "$data/up.log" | grep -oE 'http://.*'; }
export MADOGUCHI_TOKYO MADOGUCHI_OSAKA MADOGUCHI_PASSWORD=$password MADOGUCHI_BIN=$binary MADOGUCHI_DATA="$data/center"
MADOGUCHI_TOKYO=$(address tokyo)
MADOGUCHI_OSAKA=$(address osaka)
(cd web && npm run --silent e2e) || { tail -n 50 "$data/up.log" "$data"/center/*/*.log 2>/dev/null >&2 || true; code=1; }
exit "$code"
