#!/bin/sh
# Creates .venv from the hashed pins: `sh deploy/environment.sh LOCKFILE`. Safe to run again.
set -eu
cd "$(dirname "$0")/.."
lock=$1
stamp=.venv/installed-$(basename "$lock")
say() { printf '%s\n' "$*" >&2; }
fail() { say "touchstone: $*"; exit 1; }

wanted=$(sha256sum < "$lock" | cut -d" " -f1)
fonts=src/touchstone/website/static/website/fonts
cut_typeface() {
  say "[4/4] Cutting the typeface out of its package"
  PYTHONPATH=src .venv/bin/python -m touchstone.website.typeface
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  [ -f "$fonts/bold.woff2" ] || cut_typeface
  exit 0
fi

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || fail "Python 3.11 or newer is needed; install it (Debian: apt-get install python3) or set PYTHON."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$("$python" --version) is too old: Python 3.11 or newer is needed; set PYTHON to one."

say "[1/4] Creating the environment in .venv with $("$python" --version)"
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  rm -rf .venv
  if ! "$python" -m venv .venv >/dev/null 2>&1; then
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      say "      Debian's venv module is missing; installing python3-venv"
      apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
      "$python" -m venv .venv
    else
      fail "Python's venv module is missing; run 'apt-get install python3-venv' as root, then try again."
    fi
  fi
fi

# Where Python may not keep bytecode, every start would compile everything anew: ten seconds for each process.
bytecode=${PYTHONDONTWRITEBYTECODE:+--compile-bytecode}
say "[2/4] Installing the pinned packages of $lock (each hash is checked)"
# shellcheck disable=SC2086
with_uv() {
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r deploy/uv.lock 2>/dev/null &&
    .venv/bin/uv pip install $bytecode --system-certs --python .venv/bin/python --no-deps --require-hashes -r "$lock"
}
if ! with_uv; then
  say "      uv cannot be used here; using pip, which takes a few minutes"
  .venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes --progress-bar on -r "$lock" ||
    fail "the packages could not be installed (see above); with a working network, run it again: it goes on from here."
fi

say "[3/4] Installing touchstone itself"
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
cut_typeface
printf '%s' "$wanted" > "$stamp"
