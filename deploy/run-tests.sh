#!/bin/sh
# Runs every test on SQLite, then the vote ledger's tests on a throwaway PostgreSQL.
set -eu
cd "$(dirname "$0")/.."
echo "== Every test on SQLite =="
.venv/bin/python -m pytest -q -n 2 --dist loadgroup -m "not postgres"

echo "== The vote ledger's tests on a throwaway PostgreSQL =="
.venv/bin/python -m tests.postgres .venv/bin/python -m pytest -q -m "not browser and not sqlite" tests/ledger tests/cli/test_ledger.py
