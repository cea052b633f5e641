#!/bin/sh
# Installs the programs that tests and benchmarks drive: a browser, databases, a web server, a load generator.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need chromium chromium
need nginx nginx
need wrk wrk
need redis-server redis-server
[ -x /usr/lib/postgresql/15/bin/initdb ] || missing="$missing postgresql"
[ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || missing="$missing libnginx-mod-nchan"
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests:$missing" >&2
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "NOT INSTALLED:$missing" >&2
  echo "Tests that need them are skipped, and say so. As root: apt-get install$missing" >&2
fi
