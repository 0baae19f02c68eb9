.DEFAULT_GOAL := help
.PHONY: help set-up run operate test check format definitions flow story sample import load kill-test test-azure bench-cold-start bench-store bench-intake bench-matching bench-costs bench-capacity worker-check spark-check requirements clean
SHELL := /bin/bash

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13,$(shell command -v $(name) 2>/dev/null)))
PORT ?= 7071
FOLDER ?= .data
N ?= 100
SEEDS ?= 10
OUT ?= .sample

comma := ,
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TO_RUN := $(VENV)/.can-run
TO_TEST := $(VENV)/.can-test

# Tests start the house a hundred times: let what was compiled once be kept, whatever the machine is told.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(TO_RUN) ## Set up and start the house on http://127.0.0.1:7071 (FOLDER=.data PORT=7071); data is kept
	$(BIN)/python -m local.host --data "$(FOLDER)" --port $(PORT)

test: check ## Set up and run everything: format, lint, types, import contracts, tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

set-up: $(TO_TEST) ## Install what `make test` needs

check: $(TO_TEST) ## The static half of `make test`
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --threads 2
	$(BIN)/lint-imports --no-logo

format: $(TO_TEST) ## Format the code and mend what can be mended without thinking
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

flow: $(TO_RUN) ## Play one flow: one change in a record becomes one message (DATA=folder AS_OF=2021-04-01)
	$(BIN)/python -m local.flow $(if $(DATA),--data "$(DATA)") $(if $(AS_OF),--as-of $(AS_OF))

story: $(if $(STORE)$(QUEUES),$(TO_TEST),$(TO_RUN)) ## Play all five flows (DATA=folder AS_OF=2021-04-01; on stand-ins of Azure: STORE=cosmos QUEUES=servicebus; over a FHIR server: RECORD=fhir)
	$(BIN)/python -m local.story $(if $(DATA),--data "$(DATA)") $(if $(AS_OF),--as-of $(AS_OF)) \
		$(if $(STORE),--store $(STORE)) $(if $(QUEUES),--queues $(QUEUES)) $(if $(RECORD),--record $(RECORD))

operate: $(TO_RUN) ## Show what is parked in the house at URL=https://…, to replay or discard it (TOKEN_COMMAND="az account …" or TOKEN_FILE=file)
	@test -n "$(URL)" || { echo "Which house? make operate URL=https://house.example" >&2; exit 1; }
	$(BIN)/python -m local.operate --url "$(URL)" $(if $(OPERATE_PORT),--port $(OPERATE_PORT)) $(if $(TOKEN_FILE),--token-file "$(TOKEN_FILE)") $(if $(TOKEN_COMMAND),--token-command '$(TOKEN_COMMAND)')

definitions: $(TO_RUN) ## Keep the definitions that come with the product on the host that is running (PORT=7071)
	$(BIN)/python -m local.definitions --url "http://127.0.0.1:$(PORT)"

sample: $(TO_RUN) ## Write N made-up patients with their records as FHIR NDJSON (N=100 OUT=.sample AS_OF=today)
	$(BIN)/python -m local.sample --patients $(N) --out "$(OUT)" --as-of $(or $(AS_OF),today)

import: $(TO_RUN) ## Load a folder of FHIR NDJSON, or the manifest of a bulk export (then TOKEN_FILE=file), as history that starts nothing (DATA=.sample FOLDER=.data OVERLAY=1 AS_OF=date)
	@test -n "$(DATA)" || { echo "Which folder? make import DATA=folder" >&2; exit 1; }
	$(BIN)/python -m local.load "$(DATA)" --data "$(FOLDER)" $(if $(AS_OF),--as-of $(AS_OF)) $(if $(OVERLAY),--overlay) $(if $(TOKEN_FILE),--token-file "$(TOKEN_FILE)")

load: import ## The same as `make import`

kill-test: $(TO_TEST) ## Kill the host at random moments, with SEEDS=10 seeds; nothing lost, nothing doubled (ON=azure: on stand-ins)
	$(BIN)/python -m pytest tests/end_to_end/test_kill.py tests/end_to_end/test_kill_five_flows.py \
		tests/end_to_end/test_booking_contention.py --seeds $(SEEDS) --on $(or $(ON),laptop)

worker-check: $(TO_TEST) ## Ask the library that runs in Azure whether it takes, indexes and invokes every function
	$(PIP) install --no-deps --ignore-requires-python -r requirements-judges.txt
	REQUIRE_JUDGES=1 $(BIN)/python -m pytest tests/architecture/test_worker_library.py

spark-check: $(TO_TEST) ## Ask Spark whether segments hold there whom they hold here (needs Java 17; EVERY=1 for all rules)
	$(PYTHON) -m venv .venv-spark
	.venv-spark/bin/pip install -q -r requirements-spark.txt
	SPARK_PYTHON=.venv-spark/bin/python SPARK_EVERY=$(or $(EVERY),25) $(BIN)/python -m pytest tests/rooms/segments/test_judged_by_spark.py

test-azure: $(TO_TEST) ## The contract suites against emulators or accounts named by TEST_COSMOS_ENDPOINT, TEST_SERVICE_BUS_CONNECTION … (HOSTS=their,names)
	$(BIN)/python -m pytest --allow-hosts "127.0.0.1,::1$(if $(HOSTS),$(comma)$(HOSTS))" tests/contracts/test_documents.py \
		tests/contracts/test_change_feed.py tests/contracts/test_queues.py \
		-k "cosmos or (service-bus and not Depths and not DeadLetters and not Locks)"

bench-cold-start: $(TO_RUN) ## How long importing the app takes, beside azure.functions and pydantic alone
	$(BIN)/python -m bench.cold_start

bench-store: $(TO_RUN) ## Commits and queue round trips a second, beside raw sqlite3
	$(BIN)/python -m bench.store

bench-intake: $(TO_RUN) .venv-assembly ## Changes a second from an event to the updated projection, beside others (JOURNEYS=1: to the start of a journey as well)
	$(BIN)/python -m bench.intake $(if $(JOURNEYS),--journeys)

bench-matching: $(TO_RUN) ## How rightly records are put together, whose they are being known (BIG=1: a million of them)
	$(PIP) install -r requirements-bench.txt
	$(BIN)/python -m bench.matching $(if $(BIG),--big)

bench-costs: $(TO_TEST) ## Store and queue operations per change, message and minute of chat, counted at the adapters
	$(BIN)/python -m bench.costs

bench-capacity: $(TO_TEST) ## What houses of three sizes need and cost, by those counts and stated assumptions
	$(BIN)/python -m bench.capacity

requirements: $(TO_TEST) ## Compile the requirements files again from pyproject.toml
	$(call compile,requirements.txt,)
	$(call compile,requirements-local.txt,--extra local)
	$(call compile,requirements-dev.txt,--extra local --extra test)

clean: ## Take away what was built; the data folder stays
	rm -rf $(VENV) .venv-assembly .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What was installed is remembered in a stamp, so that nothing is installed twice.

$(TO_RUN): requirements-local.txt | $(BIN)/python
	$(PIP) install -r requirements-local.txt
	@touch $@

.venv-assembly: requirements-assembly.txt | $(BIN)/python
	"$(PYTHON)" -m venv $@
	$@/bin/python -m pip --disable-pip-version-check --quiet install -r $< && touch $@ || rm -rf $@

$(TO_TEST): requirements-dev.txt | $(BIN)/python
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(TO_RUN)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No python3.11, python3.12 or python3.13 was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/where/it/is" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# pip-compile resolves for the Python it runs on, and azure-functions is another package from 3.13 on: that line is added.
FUNCTIONS_FROM_313 := azure-functions==2.3.0 ; python_version >= "3.13"
define compile
	CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links $(2) --output-file $(1) pyproject.toml
	@sed -i.before 's/^azure-functions==1\..*/&\n$(FUNCTIONS_FROM_313)/' $(1) && rm $(1).before
endef
