# make train: the whole workflow on synthetic speech.  make test: all checks and tests.
# Both make .venv first, from the versions pinned in constraints.txt.

SUPPORTED := import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(shell for python in python3 python3.12 python3.11; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin

# No telemetry of third parties out of tests and benchmarks.
QUIET := DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true PREFECT_SERVER_ANALYTICS_ENABLED=false \
	GX_ANALYTICS_ENABLED=false

.PHONY: train test test-fast check format bench clean

train: $(VENV)/.installed
	$(BIN)/soundcheck train

# A worker that replaces a crashed one may wait for ever (pytest-xdist 3.8): better to fail at once.
test: check
	$(QUIET) $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --max-worker-restart 0

test-fast: $(VENV)/.installed
	$(QUIET) $(BIN)/python -m pytest --numprocesses 2 -m "not slow"

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed
	for name in quality validator_power label_audit data_audits features reads storage changed_clips scaling \
		rerun whole_flow fault_detection debugging_walk monitor_cost error_analysis sensitivity verdicts; do $(QUIET) $(BIN)/python benchmarks/$$name.py || exit 1; done

$(VENV)/.installed: pyproject.toml constraints.txt
	@"$(PYTHON)" -c '$(SUPPORTED)' 2>/dev/null || { \
		echo "Soundcheck needs Python 3.11 or 3.12; name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[workflow,demo,dev]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
