# Two commands do everything on a machine with Python 3.11 or later, git and make:
#   make conformance   run the suites against the embedded mocks, and write the report
#   make test          run what CI runs

PYTHON ?= python3
DIALECT ?= sensu
PORT ?= 8080
ARGS ?=

# How many faults of each dialect are tried on Schemathesis, and how many requests it makes up for each operation: with
# all faults and its own default of 100 it takes hours.
SAMPLE ?= 40
EXAMPLES ?= 50

# How many processes run the project's own tests.
WORKERS ?= auto

VENV := .venv
NODE := .venv-node
MEASURED := reports/out/detection
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input

# What a tool says is of interest only when it fails.
quietly = { $(1); } >$(VENV)/output.txt 2>&1 || { cat $(VENV)/output.txt >&2; exit 1; }

# The linters' own dependencies resolve afresh on every install; their versions do not.
REDOCLY := @redocly/cli@2.77.0
SPECTRAL := @stoplight/spectral-cli@6.16.3

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: help conformance test check own-tests types mock lint-openapi detection wheel clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

conformance: $(VENV)/.installed ## Run the suites against the embedded mocks (ARGS="--target FILE.toml" for a server)
	@$(PY) -m pytest --quiet $(ARGS)

test: check own-tests ## Run the checks and the project's own tests, as CI does

own-tests: $(VENV)/.developed
	@echo "The project's own tests"
	@$(PY) -m pytest --quiet --numprocesses $(WORKERS) --dist loadfile tests $(ARGS)

check: $(VENV)/.developed types ## Look at format, lint, types, imports, data and spelling
	@echo "Format" && $(BIN)/ruff format --check --quiet .
	@echo "Lint" && $(BIN)/ruff check --quiet .
	@echo "Types" && $(BIN)/mypy --no-error-summary
	@echo "Imports" && $(call quietly,$(BIN)/lint-imports --no-logo)
	@echo "Data" && $(BIN)/watchword check
	@echo "Spelling" && $(BIN)/codespell

# Type checkers find a package by its folder, and no folder here is called watchword.
types:
	@mkdir -p .types/watchword
	@for part in specs mockserver suites reports detection; do ln -sfn "../../$$part" ".types/watchword/$$part"; done

mock: $(VENV)/.installed ## Serve a mock (DIALECT=sensu, PORT=8080)
	@$(BIN)/watchword mock $(DIALECT) --port $(PORT) $(ARGS)

lint-openapi: $(VENV)/.developed ## Run the public OpenAPI linters over the dialects, where npm is installed
	@if command -v npm >/dev/null; then \
	  $(MAKE) $(NODE)/.installed && $(PY) -m pytest --quiet tests/test_openapi_linters.py; \
	else echo "Left out: Redocly and Spectral come from npm, and there is no npm here"; fi

detection: $(VENV)/.developed ## Measure what the suites notice, beside Schemathesis, for docs/detection.md (takes long)
	@mkdir -p $(MEASURED)
	@$(BIN)/watchword faults --json $(MEASURED)/matrix.json
	@$(PY) -m benchmarks.side_by_side --sample $(SAMPLE) --max-examples $(EXAMPLES) --json $(MEASURED)/side-by-side.json
	@$(PY) -m benchmarks.page $(MEASURED)/matrix.json $(MEASURED)/side-by-side.json docs/detection.md

wheel: $(VENV)/.developed ## Build the wheel and the source distribution into dist/
	@$(call quietly,$(PY) -m build --outdir dist .)
	@rm -rf build && ls dist

clean: ## Remove everything that was made here, the environments included
	rm -rf $(VENV) $(VENV)-* .types build dist *.egg-info reports/out
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is as old as the last installation, and pyproject.toml says what is installed. Dependency groups want pip 25.1.
$(VENV)/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1): name another one with PYTHON=..." >&2; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(call quietly,$(PIP) install --upgrade 'pip>=25.1') && touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.pip
	@echo "Installing Watchword into $(VENV)"
	@$(call quietly,$(PIP) install --editable .) && touch $@

$(VENV)/.developed: $(VENV)/.installed
	@echo "Installing the tools of the tests into $(VENV)"
	@$(call quietly,$(PIP) install --group dev) && touch $@

$(NODE)/.installed: Makefile
	@echo "Installing Redocly and Spectral into $(NODE)"
	@mkdir -p $(NODE)
	@npm install --prefix $(NODE) --no-audit --no-fund --no-save --loglevel error $(REDOCLY) $(SPECTRAL) && touch $@
