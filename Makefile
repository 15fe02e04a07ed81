# What a person types. Needs make and Python >= 3.11 (with venv); everything else goes into .venv.
# Say which interpreter with `make lab PYTHON=python3.12`.

VENV   := .venv
BIN    := $(VENV)/bin
LAB    := wild_rydes/saga
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
# Test processes; 0 runs the tests in one.
WORKERS ?= auto
PYTEST_ARGS ?=

# A user's own settings must not leak in: another environment's modules, or `--user` installs.
unexport PYTHONHOME PYTHONPATH
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

READY   := $(VENV)/.ready-lab
DEV     := $(VENV)/.ready-dev
NEEDS   := pyproject.toml constraints.txt
SOURCES := benchmarks lab scenarios simulator tests tui

# Scripts in an environment name their folder: one that was moved, or lost its interpreter, is made anew.
ifneq ("$(shell test -x $(BIN)/python && cat $(VENV)/.made 2>/dev/null)","$(CURDIR)")
$(VENV)/.made: FORCE
endif

# $(call install,WHAT). Where pip's cache cannot be written (a read-only home), it does without.
define install
cache=$$($(BIN)/python -m pip cache dir 2>/dev/null); \
	mkdir -p "$$cache" 2>/dev/null && test -w "$$cache" || export PIP_NO_CACHE_DIR=1; \
	$(BIN)/python -m pip install --quiet --use-pep517 -c constraints.txt -e $(1)
endef

.NOTPARALLEL:
.PHONY: lab test check bench picture format constraints clean distclean help

help:
	@echo "make lab          open the saga lab (headless where there is no terminal)"
	@echo "make test         run the tests"
	@echo "make check        format, lint, types, house rules and tests"
	@echo "make bench        measure against peers, print ratios"
	@echo "make picture      redraw the README's picture of the lab screen"
	@echo "make format       let ruff rewrite what it can"
	@echo "make constraints  pin the newest versions that fit pyproject.toml"
	@echo "make clean        remove caches and builds; make distclean removes .venv too"

lab: $(READY)
	@if test -t 1; then exec $(BIN)/paddock tui $(LAB); else exec $(BIN)/paddock run $(LAB); fi

test: $(DEV)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --maxprocesses 8 $(PYTEST_ARGS)

check: $(DEV)
	@$(BIN)/python -m ruff format --check --quiet $(SOURCES) || \
		{ echo "Some files are not in ruff's format: run 'make format'." >&2; exit 1; }
	@$(BIN)/python -m ruff check --quiet $(SOURCES)
	@$(BIN)/python -m mypy --no-error-summary
	@$(BIN)/python -m pytest -q tests/test_tidy.py
	@$(MAKE) --no-print-directory test PYTEST_ARGS="--deselect tests/test_tidy.py $(PYTEST_ARGS)"

format: $(DEV)
	@$(BIN)/python -m ruff check --quiet --fix-only $(SOURCES)
	@$(BIN)/python -m ruff format --quiet $(SOURCES)

bench: $(DEV)
	@$(BIN)/python -m benchmarks

picture: $(READY)
	@$(BIN)/python -m tui.picture docs/tui.svg

# The newest versions that resolve in an environment of their own; `make test` then judges them.
constraints: $(VENV)/.made
	@rm -rf build/fresh
	@$(BIN)/python -m venv build/fresh
	@build/fresh/bin/python -m pip install --quiet --use-pep517 -e '.[dev]'
	@{ sed '/^#/!d' constraints.txt; \
	   build/fresh/bin/python -m pip freeze --exclude-editable; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt
	@rm -rf build/fresh

clean:
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	@rm -rf $(VENV)

$(READY): $(VENV)/.made $(NEEDS)
	@echo "Installing Paddock into $(VENV) (a minute, once)" >&2
	@$(call install,.)
	@touch $@

$(DEV): $(VENV)/.made $(NEEDS)
	@echo "Installing Paddock and its test tools into $(VENV) (a minute, once)" >&2
	@$(call install,'.[dev]')
	@touch $(READY) $@

# An environment that works is kept, whoever made it. A candidate is run, not looked up: a name
# on the PATH may be a shim with nothing behind it.
$(VENV)/.made:
	@fits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
	if test ! -e $@ && $(BIN)/python -c "$$fits" 2>/dev/null && \
		$(BIN)/python -m pip --version >/dev/null 2>&1; then pwd -P >$@; exit; fi; \
	for candidate in $(PYTHON); do \
		if "$$candidate" -c "$$fits" >/dev/null 2>&1; then \
			"$$candidate" -m venv --clear $(VENV) && pwd -P >$@; exit; \
		fi; \
	done; \
	echo "Paddock needs Python 3.11 or newer with venv, and none of '$(PYTHON)' is one:" \
		"install it (on Debian or Ubuntu also python3-venv)," \
		"or name it with 'make PYTHON=/path/to/python3 ...'." >&2; \
	exit 1

FORCE:
