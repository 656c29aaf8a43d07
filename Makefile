# The renewal desk's nightly pipeline. `make help` lists what there is.
PYTHON ?= python3
DATE ?=
TIERS ?=
MONTH ?=
NIGHTS ?=
VEHICLES ?=
FILE ?=
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
SUPERSET := .venv-superset
export PYTHONPATH := $(CURDIR)
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup superset nightly up train weekly whatif sql test seeds lint format simulate fuzz bench clean lock

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 nightly"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@echo "setup     making $(VENV) (once, a few minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --compile -r requirements.txt
	@touch $@

setup: $(READY) ## make the virtual environment from the locked requirements

$(SUPERSET)/.ready: requirements-superset.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
	  { echo "Superset needs Python 3.11 or 3.12. Try: make PYTHON=python3.12 superset"; exit 1; }
	@echo "superset  making $(SUPERSET) (once, a minute)"
	@$(PYTHON) -m venv $(SUPERSET)
	@$(SUPERSET)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-superset.txt
	@touch $@

superset: $(SUPERSET)/.ready ## make the environment of Apache Superset (docs/bi.md); tests that need it are skipped without

nightly: $(READY) ## run a whole night on the sample group; DATE=2026-11-24 prepares that morning
	@$(PY) -m dags $(if $(DATE),--as-of $(DATE))

up: $(READY) ## Airflow with its web page, scheduler and REST API on http://127.0.0.1:8080
	@$(PY) -m dags --serve $(if $(DATE),--as-of $(DATE))

train: $(READY) ## train the propensity model on the published night; a better one scores from the next night on
	@$(PY) -m dags --train $(if $(DATE),--as-of $(DATE))

weekly: $(READY) ## the weekly analysis of the published night, written and delivered; every Monday by itself under make up
	@$(PY) -m dags --weekly $(if $(DATE),--as-of $(DATE))

whatif: $(READY) ## who would win and lose under other bonus tiers: TIERS=my_tiers.csv MONTH=2026-10
	@$(PY) -m exports.whatif --tiers "$(TIERS)" $(if $(MONTH),--month $(MONTH))

sql: $(READY) ## a SQL shell on the published warehouse, read-only; FILE=restricted for those who may
	@$(PY) -m exports.shell $(FILE)

test: $(READY) ## run every test
	@$(PY) -m pytest tests --numprocesses 2 --dist loadfile

seeds: $(READY) ## change every value of every seed, one by one: each must change something that is published
	@ALL_SEEDS=1 $(PY) -m pytest tests/dbt_project/test_seeds.py

lint: $(READY) ## check style of Python and SQL
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

format: $(READY) ## put Python and SQL into shape
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

simulate: $(READY) ## a dealership's life in 30 nights, each night's promises checked; NIGHTS=, VEHICLES=
	@$(PY) -m tests.end_to_end.simulation $(if $(NIGHTS),--nights $(NIGHTS)) $(if $(VEHICLES),--vehicles $(VEHICLES))

fuzz: $(READY) ## thousands of damaged files: none may break the reader or get lost
	@$(PY) -m tests.fuzz --files 3000 --seed 1

bench: $(READY) ## how long a night takes against plain SQL, the reception of huge files, 3,000 people's lists, a board of 200 stores, a build of a million vehicles
	@$(PY) -m tests.bench
	@$(PY) -m tests.bench.reading
	@$(PY) -m tests.bench.lists
	@$(PY) -m tests.bench.board
	@$(PY) -m tests.bench.reports
	@$(PY) -m tests.bench.scale
	@$(PY) -m tests.bench.propensity

lock: ## write requirements.txt and requirements-superset.txt anew from their .in (needs uv)
	@for name in requirements requirements-superset; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --no-strip-extras --quiet --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done

SAMPLE_SOURCES := dadi|dms|phone|picc|pingan|returned_lists
clean: ## remove what was made: the environment, caches, and the sample group's data if nothing else lies there
	@rm -rf $(VENV) $(SUPERSET) .pytest_cache .ruff_cache
	@if [ ! -d var ]; then :; \
	  elif [ -d var/sample ] && [ -z "$$XUBAO_SOURCES$$XUBAO_CONNECTIONS" ] && grep -q sample/outbox var/connections.yaml && \
	    ! ls var/landing | grep -qvxE '$(SAMPLE_SOURCES)'; then chmod -R u+w var && rm -rf var; \
	  else echo "var/ may hold a dealership's own data and stays; remove it by hand if it is not needed"; fi
