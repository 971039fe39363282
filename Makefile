# `make demo` runs the main job on the example, `make test` the tests; both set up their own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test slow check docs bench picture clean

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("depfund needs Python 3.11 or newer; name one: make PYTHON=python3.12") if sys.version_info < (3, 11) else 0'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[resolve]"
	touch $@

$(VENV)/.dev: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test --group lint --group docs
	touch $@

demo: $(READY)  ## lock the example, look up who makes it, split 1,000 USD, write the report
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev  ## the whole test suite, offline
	$(BIN)/python -m pytest -q

slow: $(VENV)/.dev  ## the tests that take long: browser, soak, cluster, documentation, type checkers
	$(BIN)/python -m pytest -q -m slow

check: $(VENV)/.dev  ## the gates beside the tests: format, lint, types, unused dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyrefly check tests/typing
	$(BIN)/deptry src

docs: $(VENV)/.dev  ## the documentation, warnings are errors
	$(BIN)/python docs/generate.py
	$(BIN)/sphinx-build -W -n -q -b html docs docs/_build/html

bench: $(VENV)/.dev  ## every benchmark, ratios to named peers
	$(BIN)/python -m benchmarks

picture: $(READY)  ## the README's picture, from the example as recorded (needs Chromium)
	mkdir -p out
	$(BIN)/depfund allocate examples/webapp/recorded/graph.json --facts examples/webapp/recorded/facts.json \
		--budget "1000 USD" --format html --output out/picture.html --quiet
	$(BIN)/python docs/picture.py out/picture.html docs/report.png 1100 1180

clean:
	rm -rf $(VENV) docs/_build dist build
