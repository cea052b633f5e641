#!/bin/sh
# Runs every test: pure and site tests on SQLite, then the database tests on a throwaway PostgreSQL.
set -eu
cd "$(dirname "$0")/.."
echo "== Every test on SQLite =="
.venv/bin/python -m pytest -q -n 2 --dist loadgroup -m "not postgres"

echo "== The site's tests on a throwaway PostgreSQL =="
folders=""
for name in api cli edge ledger markets readers stories trust votes website wire; do
  [ ! -d "tests/$name" ] || folders="$folders tests/$name"
done
# shellcheck disable=SC2086
.venv/bin/python -m tests.postgres .venv/bin/python -m pytest -q -n 2 --dist loadgroup -m "not browser and not sqlite" $folders
