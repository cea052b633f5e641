# Bare `make` prints what there is.
.DEFAULT_GOAL := help
.PHONY: help run test check bench screenshots format docs clean peers environment test-environment

export PYTHONPATH := $(CURDIR)/src
export NUMBA_CACHE_DIR ?= $(CURDIR)/var/numba
PY := .venv/bin/python

help:  ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

environment:  ## create .venv from the hashed pins, as `run` does
	@sh deploy/environment.sh requirements.lock

test-environment:  ## the same with what tests need; installs programs too, where it may
	@sh deploy/environment.sh requirements-dev.lock
	@sh deploy/test-tools.sh

run: environment  ## start the newsroom at http://127.0.0.1:8000 (PORT, DATA_DIR)
	@exec $(PY) -m touchstone.cli serve

test: test-environment  ## install what tests need; run every test on SQLite, then what depends on it on PostgreSQL
	@sh deploy/run-tests.sh

check: test-environment  ## format, lint, types, imports, fast tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m pytest -q -n 2 -m "not slow and not browser and not postgres"

format:  ## format and mend what lint can mend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs: test-environment  ## check the documentation: every link, setting, command, option, address and decision
	$(PY) -m pytest -q tests/documentation

bench: test-environment  ## measure; figures go to benchmarks/results/
	$(PY) -m benchmarks.run

screenshots: test-environment  ## take the pictures in docs/images from a demo newsroom
	PYTHONPATH=$(CURDIR)/src:$(CURDIR) $(PY) docs/screenshots.py

peers:  ## build .venv-peers with crowd-kit, for `touchstone bench --peers`
	python3 -m venv .venv-peers
	.venv-peers/bin/python -m pip install -q --require-hashes --no-deps -r benchmarks/peers.lock

clean:  ## remove the environment and caches, keep the newsroom's data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
