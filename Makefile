# Everything below works from a fresh clone with Python 3.11 or newer and make; `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

ROBOT  ?= lite3
WORLD  ?= flat
BUDGET ?= 150s
SEED   ?= 11
OUT    ?= runs/walk

BIN    := .venv/bin
READY  := .venv/.ready
RUDEL  := $(BIN)/rudel
PIP    := -m pip --disable-pip-version-check
UV     := uv==0.13.9
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYTHONUNBUFFERED := 1

.PHONY: help setup patrol train test test-fast bench lint format lock peer clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS=$$'\t' read -r name what; do \
	    printf '  make %-10s %s\n' "$$name" "$$what"; done
	@echo '  train takes ROBOT= WORLD= BUDGET= SEED= OUT=; PYTHON=/path/to/python3.11 chooses the interpreter'

setup: $(READY) ## make .venv with the locked dependencies and rudel itself

# The stamp is newer than all that the environment depends on. A failed step leaves no stamp, so the next make starts over.
$(READY): pyproject.toml requirements/dev.txt scripts/find_python.sh scripts/setup_graphics.sh
	@python=$$(PYTHON='$(PYTHON)' bash scripts/find_python.sh); \
	echo "setting up .venv with $$python"; \
	"$$python" -m venv .venv
	$(BIN)/python $(PIP) install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python $(PIP) install --quiet --no-deps --no-build-isolation -e .
	@bash scripts/setup_graphics.sh $(BIN)/python
	@touch $@

patrol: $(READY) ## an inspection round through the built-in tunnel, simulated; the last line is where the report is
	@$(RUDEL) patrol --out runs/patrol

train: $(READY) ## train a Lite3 to walk on flat ground and export the policy below OUT
	$(RUDEL) train walk --robot $(ROBOT) --world $(WORLD) --budget $(BUDGET) --seed $(SEED) --out $(OUT)

test: lint ## lint, then every test
	$(BIN)/python -m pytest

test-fast: $(READY) ## the tests that take under a minute together
	$(BIN)/python -m pytest -q -m 'not slow'

bench: $(READY) ## measure stepping and training; prints JSON
	$(BIN)/python benchmarks/step_rate.py
	$(BIN)/python benchmarks/train_flat.py

lint: $(READY) ## ruff (rules and format) and pyright
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(READY) ## rewrite the sources as lint wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Every Python that we support gets the same versions (fewest forks); markers keep what only one platform needs apart.
LOCK := build/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest \
    --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet
lock: $(READY) ## write requirements/*.txt anew from pyproject.toml and requirements/pins.in
	$(BIN)/python -m venv build/lock
	build/lock/bin/python $(PIP) install --quiet $(UV)
	$(LOCK) -c requirements/pins.in --upgrade -o requirements/base.txt
	$(LOCK) -c requirements/base.txt --extra dev --upgrade -o requirements/dev.txt

peer: $(READY) ## build/peer: an environment with Stable-Baselines3 for the benchmark's comparison
	$(BIN)/python -m venv --clear build/peer
	build/peer/bin/python $(PIP) install --quiet --require-hashes -r requirements/base.txt
	build/peer/bin/python $(PIP) install --quiet -r requirements/peer.in
	build/peer/bin/python $(PIP) install --quiet hatchling
	build/peer/bin/python $(PIP) install --quiet --no-deps --no-build-isolation -e .
	@echo 'peer: build/peer/bin/python'

clean: ## remove .venv, build products and caches; runs/ stays
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
