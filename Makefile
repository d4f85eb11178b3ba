# make run: set up and run the main job.   make test: set up and run the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: run test setup clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/gflowspec check specs/quickstart.gfs > /dev/null  # builds the parse table, once
	touch $@

run: $(READY)
	$(BIN)/gflowspec run specs/quickstart.gfs --resume never

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile

clean:
	rm -rf $(VENV) .gflowspec .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
