# Each command makes its own .venv first, and mends it when pyproject.toml or constraints.txt has changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# The real folders: ruff passes over the links in ferryman/ without a word. mypy follows them, and given the folders
# as well it would know each module under two names.
FOLDERS := agents graph prompts tools domain ferryman tests benchmarks examples setup.py
TYPED := ferryman tests benchmarks $(wildcard examples/*.py examples/*/*.py)

# A file stays with one worker, so that what it sets up once is set up once. The order of collection puts the long files
# in the middle; by number of tests the wheel, five tests and a minute, would begin last.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 6 --dist loadfile --no-loadscope-reorder

.PHONY: help demo test check bench bench-agents proofs cassettes docs lint types contracts
.DEFAULT_GOAL := help

help: ## show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-10s %s\n", $$1, $$2 }'

demo: $(RUN) ## a whole migration on two small databases, played before your eyes
	@$(BIN)/ferryman demo $(ARGS)

test: $(DEV) ## all tests, on every core; ARGS="-k ledger" for some
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

check: lint types contracts ## what CI asks beside the tests: ruff, mypy, import contracts

bench: $(DEV) ## the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

bench-agents: $(DEV) ## never worse: the rules, a recorded small model, a random and a malicious one, side by side
	@$(BIN)/python -m benchmarks.agents $(ARGS)

proofs: $(DEV) ## kill it at every moment, resume it, undo it: a quarter of an hour
	@$(BIN)/python -m benchmarks.proofs $(ARGS)

cassettes: $(DEV) ## record model answers from the endpoint of FERRYMAN_MODEL_*; STALE=1 only what no longer matches
	@$(BIN)/python -m tests.recorded $(if $(STALE),--stale) $(ARGS)

docs: $(DEV) ## write the generated pages of docs/ anew
	$(BIN)/python -m ferryman.reference
	$(BIN)/python -m ferryman.docs > docs/commands.md

lint: $(DEV)
	$(BIN)/ruff check $(FOLDERS)
	$(BIN)/ruff format --check $(FOLDERS)

types: $(DEV)
	$(BIN)/mypy $(TYPED)

contracts: $(DEV)
	$(BIN)/lint-imports

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Ferryman needs Python 3.11 or newer, and $(PYTHON) here is not."; \
	  echo "Say which one to take: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	$(PYTHON) -m venv --clear $(VENV)

$(RUN): $(BIN)/python pyproject.toml constraints.txt
	$(PIP_INSTALL) --editable .
	@touch $@

$(DEV): $(BIN)/python pyproject.toml constraints.txt
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $(RUN) $@
