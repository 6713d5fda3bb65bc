# make run    serves the app on http://127.0.0.1:7860      make run ARGS="--port 8000"
# make test   installs what the tests need and runs them   make test ARGS="tests/scorers -x"
# make bench  runs the speed benchmarks
# make lint   ruff and mypy
# make screenshots  takes the README's pictures of the app anew
# make clean  removes what the tools leave behind; .venv and cache/ stay
#
# PYTHON=/path/to/python3.11 chooses the Python that makes .venv.

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
# A stamp is written after pip has succeeded, so that an interrupted installation is taken up again by the next call.
APP_READY := $(VENV)/.ood-studio-app
TEST_READY := $(VENV)/.ood-studio-test

IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# Names are tried by running them: a pyenv shim is on the PATH even where its Python is not chosen.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	if "$$name" -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1; then echo "$$name"; break; fi; done)
# A stamp says nothing once the Python behind .venv has gone.
BROKEN := $(if $(shell "$(VENV_PYTHON)" -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1 || echo yes),rebuild)
PIP_INSTALL := "$(VENV_PYTHON)" -m pip install --disable-pip-version-check

.PHONY: run test bench lint screenshots clean rebuild
.DEFAULT_GOAL := run

run: $(APP_READY)
	@exec "$(VENV_PYTHON)" app.py $(ARGS)

# A process a core, each with an app, a browser and a cache of its own; a file is never spread over two of them.
# ARGS="-n 0" runs in one process, as a debugger wants it.
test: $(TEST_READY)
	"$(VENV_PYTHON)" -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

bench: $(TEST_READY)
	"$(VENV_PYTHON)" -m pytest tests/benchmarks $(ARGS)

lint: $(TEST_READY)
	"$(VENV_PYTHON)" -m ruff check .
	"$(VENV_PYTHON)" -m ruff format --check .
	"$(VENV_PYTHON)" -m mypy

screenshots: $(TEST_READY)
	"$(VENV_PYTHON)" -m tests.ui.screenshots

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks build dist *.egg-info
	find ood_studio tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(APP_READY): requirements.txt $(BROKEN)
	@$(MAKE_VENV)
	$(PIP_INSTALL) -r requirements.txt
	@touch "$@"

$(TEST_READY): requirements.txt requirements-dev.txt $(BROKEN)
	@$(MAKE_VENV)
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch "$@" "$(APP_READY)"

# Keeps a .venv that works; anything else there (half made, too old, its Python gone) is made anew.
define MAKE_VENV
if "$(VENV_PYTHON)" -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1 && "$(VENV_PYTHON)" -m pip --version >/dev/null 2>&1; then \
	exit 0; \
fi; \
python="$(PYTHON)"; \
if [ -z "$$python" ] || ! "$$python" -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1; then \
	found=$$("$${python:-python3}" --version 2>&1 | head -n 1); \
	echo "OOD Studio needs Python 3.11 or newer; $${python:-python3} is: $${found:-not there}." >&2; \
	echo "Install one, or say where it is: make PYTHON=/path/to/python3.11 $(firstword $(MAKECMDGOALS) run)" >&2; \
	exit 1; \
fi; \
echo "Making $(VENV) with $$("$$python" --version)"; \
"$$python" -m venv --clear "$(VENV)"
endef
