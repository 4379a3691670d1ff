# `make demo` and `make test` set up what they need and do their work; Python >= 3.11, venv and make suffice.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check lint types imports bench fuzz screenshots readme wheel clean

demo: $(STAMP)
	$(BIN)/meshtui demo

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: lint types imports test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports --no-cache

bench: $(STAMP)
	$(BIN)/python -m tests.bench

# For a night: everything that reads what others wrote, against bytes that nobody meant.
fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz meshcore --minutes 10
	$(BIN)/python -m tests.fuzz kiss --minutes 10
	$(BIN)/python -m tests.fuzz radio --minutes 10

screenshots: $(STAMP)
	$(BIN)/python -m tests.tools.make_screenshots

readme: $(STAMP)
	$(BIN)/python -m tests.tools.readme_tables

wheel: $(STAMP)
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "meshtui needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,dev]'
	@touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
