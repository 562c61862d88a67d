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

# How often each server is measured at each operation.
ROUNDS ?= 3

# How many processes run the project's own tests, a file of them at a time and in the order of `tests/conftest.py`.
WORKERS ?= auto
SPREAD := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

VENV := .venv
NODE := .venv-node
MEASURED := reports/out/detection
SPEED := reports/out/speed
BESIDE := .venv-bench
# What comes from npm is measured where there is npm.
BENCH := $(if $(shell command -v npm),$(BESIDE)/.installed)
BIN := $(VENV)/bin
PY := $(BIN)/python
# uv takes a tenth of pip's time. It knows nothing of what pip is told about mirrors and certificates, so where uv fails, pip tries.
# Byte code is made of what is imported, when it is: of all that is installed it would take a quarter of the time.
UV := $(VENV)/bin/uv
PIP = $(PY) -m pip --disable-pip-version-check --no-input install --no-compile
install = UV_HTTP_RETRIES=1 $(UV) pip install --python $(PY) $(1) || $(PIP) $(1)
NPM := npm --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel error

# What a tool says is of interest only when it fails.
quietly = { $(1); } >$(VENV)/output.txt 2>&1 || { cat $(VENV)/output.txt >&2; exit 1; }

# No byte code makes every process of the tests compile what it needs: it costs a fifth of their time.
unexport PYTHONDONTWRITEBYTECODE

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: help conformance test quick check own-tests test-oldest test-newest types mock node-packages lint-openapi detection fuzz bench pictures wheel \
  lock clean asked-for

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

conformance: $(VENV)/.installed ## Run the suites against the embedded mocks (ARGS="--target FILE.toml" for a server)
	@$(PY) -m pytest --quiet $(ARGS)

test: check own-tests ## Run the checks and the project's own tests, as CI does

quick: SPREAD += --quick
quick: check own-tests ## The same without what takes long: the matrices, packaging, the README and the acceptance runs

own-tests: $(VENV)/.developed
	@echo "The project's own tests"
	@$(PY) -m pytest --quiet $(SPREAD) --override-ini strict_parametrization_ids=true tests $(ARGS)

test-oldest: ## Run the project's own tests with the oldest versions that pyproject.toml allows (PYTHON=python3.11)
	@$(call unlocked,oldest,lowest-direct)

test-newest: ## Run the project's own tests with the newest versions, whatever the lock files say
	@$(call unlocked,newest,highest)

# $(1) names the environment; its stamps are laid by hand, so that nothing is installed from the lock files.
unlocked = $(MAKE) $(VENV)/.uv && echo "Installing the $(1) versions into $(VENV)-$(1)" \
  && $(PYTHON) -m venv --clear $(VENV)-$(1) \
  && $(UV) pip install --quiet --python $(VENV)-$(1)/bin/python --resolution $(2) --editable ".[suites]" --group dev \
  && $(forget) \
  && touch $(VENV)-$(1)/.made $(VENV)-$(1)/.uv $(VENV)-$(1)/.installed $(VENV)-$(1)/.developed \
  && $(MAKE) VENV=$(VENV)-$(1) own-tests

check: $(VENV)/.developed types ## Look at format, lint, types, imports, data and spelling
	@echo "Format" && $(BIN)/ruff format --check --quiet .
	@echo "Lint" && $(BIN)/ruff check --quiet .
	@echo "Types" && $(BIN)/mypy --no-error-summary
	@echo "Imports" && $(call quietly,$(BIN)/lint-imports --no-logo)
	@echo "Data" && $(BIN)/watchword lint
	@echo "Spelling" && $(BIN)/codespell

# Type checkers find a package by its folder, and no folder here is called watchword.
types:
	@mkdir -p .types/watchword
	@for part in specs mockserver suites reports detection; do ln -sfn "../../$$part" ".types/watchword/$$part"; done

mock: $(VENV)/.installed ## Serve a mock (DIALECT=sensu, PORT=8080)
	@$(BIN)/watchword mock $(DIALECT) --port $(PORT) $(ARGS)

lint-openapi: $(VENV)/.developed ## Run the public OpenAPI linters over the dialects, or over FOLDER, where npm is installed
	@if command -v npm >/dev/null; then \
	  $(MAKE) node-packages && LINTED="$(FOLDER)" $(PY) -m pytest --quiet --all-tools tests/test_openapi_linters.py; \
	else echo "Left out: Redocly and Spectral come from npm, and there is no npm here"; fi

node-packages: $(NODE)/.installed ## Install what the tests take from npm: the OpenAPI linters, and OAuth servers to try the suites on

detection: $(VENV)/.developed ## Measure what the suites notice, beside Schemathesis, for docs/detection.md (takes long)
	@mkdir -p $(MEASURED)
	@$(BIN)/watchword faults --json $(MEASURED)/matrix.json
	@$(PY) -m benchmarks.side_by_side --sample $(SAMPLE) --max-examples $(EXAMPLES) --json $(MEASURED)/side-by-side.json
	@$(PY) -m benchmarks.page $(MEASURED)/matrix.json $(MEASURED)/side-by-side.json docs/detection.md

fuzz: $(VENV)/.developed ## Send each mock a hundred thousand requests that nobody means well with, for docs/fuzz.md
	@mkdir -p $(MEASURED)
	@$(PY) -m benchmarks.fuzz --json $(MEASURED)/fuzz.json --page docs/fuzz.md

bench: $(VENV)/.developed $(BENCH) ## Measure the mock beside other servers, for docs/performance.md (Linux, two cores, wrk; some minutes)
	@mkdir -p $(SPEED)
	@$(PY) -m benchmarks.speed sensu fusio --without oauth2 --rounds $(ROUNDS) --json $(SPEED)/speed.json
	@$(PY) -m benchmarks.speedpage $(SPEED)/speed.json docs/performance.md

pictures: $(VENV)/.developed ## Draw reports of good and bad servers in a browser, to be looked at, and let axe look at them (some minutes)
	@$(PY) -m tests.pictures reports/out/pictures

wheel: $(VENV)/.developed ## Build the wheel and the source distribution into dist/
	@$(call quietly,$(PY) -m build --no-isolation --outdir dist .)
	@rm -rf build *.egg-info && ls dist

clean: ## Remove everything that was made here, the environments included
	rm -rf $(VENV) $(VENV)-* .types build dist *.egg-info reports/out
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: $(VENV)/.uv ## Renew the lock files, to the newest that pyproject.toml allows
	@$(call lock,dev,pyproject.toml --extra suites --group dev)
	@$(call lock,product,pyproject.toml --extra suites --group build --constraint locks/dev.txt)
	@$(call lock,sdk,--group sdk)
	@$(call lock,uv,--group lock)
	@if command -v npm >/dev/null; then cd locks/node && $(NPM) update --package-lock-only; \
	else echo "Left as it was: the lock file of what comes from npm is written by it, and there is no npm here"; fi

# One file serves every platform and every Python from 3.11 on. The tools' file comes first: the product has the same versions.
lock = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --custom-compile-command 'make lock' --output-file locks/$(1).txt $(2)

# What a build leaves in the checkout is found before what is installed, and would go on saying what was once true.
forget = rm -rf *.egg-info

version = $$($(PYTHON) -V 2>/dev/null || echo none that starts)

# A stamp is as old as the last installation; pyproject.toml and the lock files say what is installed.
venv = { \
  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
    echo "Python 3.11 or later is needed, and '$(PYTHON)' is $(version): name another one with PYTHON=..." >&2; exit 1; }; \
  echo "Making $(1)"; $(PYTHON) -m venv $(1); }

$(VENV)/.made:
	@$(call venv,$(VENV)) && touch $@

# An environment that is there already would be taken whatever PYTHON says.
ifneq ($(origin PYTHON),file)
$(VENV)/.installed: | asked-for
endif
asked-for: $(VENV)/.made
	@test "$(version)" = "$$($(PY) -V)" || { \
	  echo "$(VENV) has $$($(PY) -V), and '$(PYTHON)' is $(version): name another environment with VENV=..." >&2; exit 1; }

# Where there is no uv for a machine, or for its Python, pip does without.
$(VENV)/.uv: locks/uv.txt | $(VENV)/.made
	@{ $(PIP) --quiet --only-binary :all: --require-hashes --requirement $< >$(VENV)/output.txt 2>&1 || echo "There is no uv to be had: pip will take longer"; } && touch $@

$(VENV)/.installed: pyproject.toml locks/product.txt | $(VENV)/.uv
	@echo "Installing Watchword into $(VENV)"
	@$(call quietly,$(call install,--require-hashes --requirement locks/product.txt))
	@$(call quietly,$(call install,--no-deps --no-build-isolation --editable .)) && $(forget)
	@$(call quietly,$(PY) -m pip check || { echo "The lock files lag behind pyproject.toml: run 'make lock'"; false; }) && touch $@

$(VENV)/.developed: $(VENV)/.installed locks/dev.txt
	@echo "Installing the tools of the tests into $(VENV)"
	@$(call quietly,$(call install,--require-hashes --requirement locks/dev.txt)) && touch $@

$(NODE)/.installed: locks/node/package.json locks/node/package-lock.json
	@echo "Installing what the tests take from npm into $(NODE)"
	@mkdir -p $(NODE) && cp $^ $(NODE)/
	@cd $(NODE) && $(NPM) ci && touch $(notdir $@)

$(BESIDE)/.installed: benchmarks/node/package.json benchmarks/node/package-lock.json
	@echo "Installing the servers that are measured beside the mock into $(BESIDE)"
	@mkdir -p $(BESIDE) && cp $^ $(BESIDE)/
	@cd $(BESIDE) && $(NPM) ci && touch $(notdir $@)
