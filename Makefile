# Two commands matter: `make demo` shows it, `make test` proves it. Both make their own environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/pip --quiet --disable-pip-version-check

# What grafana-client brings would otherwise take the place of urllib3.
export URLLIB3_NO_OVERRIDE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test faults bench check format tables lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## run everything with a simulated day; SECONDS=60 ends by itself, else Ctrl-C
	@$(BIN)/hailong demo $(if $(SECONDS),--seconds $(SECONDS))

test: $(READY) ## every check and every test
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m tests.browser_setup
	@$(BIN)/python -m pytest --ignore tests/faults --numprocesses 2 --dist loadfile

faults: $(READY) ## break everything on purpose (docs/faults.md); nine minutes or more on two cores
	@$(BIN)/python -m pytest tests/faults

bench: $(READY) $(VENV)-bench/.ready ## every figure beside its floor, in some fifteen minutes; FULL=1 measures all there is
	@$(BIN)/hailong bench $(if $(FULL),--full)

check: $(READY) ## format, lint and types, without changing anything
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

format: $(READY) ## format the code and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

tables: $(READY) ## rewrite the tables of docs/ and Grafana's files
	@$(BIN)/python docs/tables.py
	@$(BIN)/hailong grafana write >/dev/null

lock: ## renew requirements.lock with the newest versions that pyproject.toml allows
	@rm -rf $(VENV)-lock
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@$(VENV)-lock/bin/pip install --quiet --editable . --group dev
	@grep -E '^(#|--)' requirements.lock > requirements.new
	@$(VENV)-lock/bin/pip freeze --exclude-editable >> requirements.new
	@mv requirements.new requirements.lock
	@rm -rf $(VENV)-lock

clean: ## remove the environment and the local stack's data (stop the stack first)
	rm -rf $(VENV) $(VENV)-bench .local

# The peers' own environment: they ask for older versions of what the product uses.
$(VENV)-bench/.ready: bench/peers/requirements.txt
	@$(PYTHON) -m venv $(VENV)-bench
	@if $(VENV)-bench/bin/pip install --quiet --disable-pip-version-check --requirement $<; then touch $@; \
	else echo "the peers' packages could not be installed; the benchmarks go on without them"; fi

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("hailong needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments: install its venv module (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@command -v java >/dev/null || { echo "Kafka needs Java 17 or newer: install it (Debian: apt-get install default-jre-headless)" >&2; exit 1; }
	@command -v mvn >/dev/null || { echo "Kafka's jars are brought by Maven: install it (Debian: apt-get install maven)" >&2; exit 1; }
	@echo "making the environment in $(VENV) (once; one or two minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --requirement requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@
