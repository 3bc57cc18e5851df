# palveluverkko: who reaches which level of public service in how many minutes.
# Needs Python 3.11 or newer, make, and the Python package registry; everything else goes into .venv.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
PINS   := --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help demo test lint types layers check format bench compare notebooks lock data clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) ## Run the embedded Lapland study; ends by naming the files, the map first
	@$(BIN)/palveluverkko run data/lappi/study.toml

test: $(DEV) ## Run all tests; browser tests need Chromium and are skipped without it
	@$(BIN)/pytest --numprocesses 2 --dist loadfile

check: lint types layers ## Lint, types and layers

lint: $(DEV) ## Lint and formatting (ruff)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(DEV) ## Types (mypy, strict)
	@$(BIN)/mypy

layers: $(DEV) ## Which room may know which (import-linter)
	@$(BIN)/lint-imports

format: $(DEV) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(RUN) ## Measure the engine beside its peers (ARGS=--large for more); makes an environment of its own
	@$(BIN)/python benchmarks/environment.py $(ARGS)

compare: $(DEV) ## Compare the car model with Valhalla and OSRM; makes an environment of its own
	@$(BIN)/python benchmarks/car_models.py --page docs/car-model.md $(ARGS)

notebooks: $(DEV) ## Execute the notebooks
	@$(BIN)/pytest --nbmake notebooks

data: $(RUN) ## Build data/lappi/lappi.osm.pbf from its tables
	@$(BIN)/python scripts/build_lappi.py

lock: $(DEV) ## Pin the dependencies anew: names and versions only
	@$(BIN)/uv pip compile $(PINS) --output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile $(PINS) --constraint requirements.lock --extra dev --output-file requirements-dev.lock pyproject.toml

clean: ## Remove the environment, caches and results
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The stamps remember a finished installation, so that a second run starts at once.
$(RUN): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@
