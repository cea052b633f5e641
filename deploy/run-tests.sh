#!/bin/sh
# Runs every test: pure and site tests on SQLite, then the database tests on a throwaway PostgreSQL.
set -eu
cd "$(dirname "$0")/.."
echo "== Every test on SQLite =="
.venv/bin/python -m pytest -q -n 2 --dist loadgroup
