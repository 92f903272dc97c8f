# Everything one does here. Needs Python 3.11 or newer and make; the rest is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint types tests format docs certificates bench clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(VENV)/.run ## install and start the emulator (make run ARGS='--pace realistic')
	$(BIN)/hobbyhorse serve $(ARGS)

test: lint types tests ## lint, types and every test

lint: $(VENV)/.test ## check style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.test ## check types
	$(BIN)/mypy

tests: $(VENV)/.test ## run the tests, on all cores (make tests ARGS='-k watermark')
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

format: $(VENV)/.test ## lay the code out, mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.test ## write the tables and the state diagram in docs/ anew from the rows
	$(BIN)/python docs/generate.py

certificates: $(VENV)/.test ## judge the real clients anew, with npm and curl, and write docs/certificates.md (minutes)
	contracts/adapters/ai_sdk/install.sh
	$(BIN)/python contracts/adapters/certificates.py $(ARGS)
	$(BIN)/python docs/generate.py

bench: $(VENV)/.bench ## measure clips beside naive imageio and raw ffmpeg, and a jump of the clock (ARGS='--rounds 5')
	$(BIN)/python benchmarks/media.py $(ARGS)
	$(BIN)/python benchmarks/retention.py

clean: ## remove what was installed and built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "hobbyhorse needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV), about half a minute the first time"
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@ $(VENV)/.run
