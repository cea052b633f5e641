#!/bin/sh
# Runs every test on SQLite, then on a throwaway PostgreSQL all tests that depend on the database (see tests/conftest.py).
set -eu
cd "$(dirname "$0")/.."
export PYTHONPATH="$PWD/src:$PWD"
run_pytest="-m pytest -q -n ${TEST_WORKERS:-2} --dist loadgroup"

echo "== Every test, on SQLite =="
# shellcheck disable=SC2086
.venv/bin/python $run_pytest -m "not postgres"

echo "== What depends on the database, on a throwaway PostgreSQL =="
# shellcheck disable=SC2086
.venv/bin/python -m tests.postgres .venv/bin/python $run_pytest -m "not pure and not sqlite"
