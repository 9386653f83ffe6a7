# Two commands from nothing: `make run`, `make test`. `make help` names the others.

BIN := .venv/bin
DIST := webui/static/dist/manifest.json
CATALOGUES := $(wildcard webui/translations/*/LC_MESSAGES/*.po)
LOCALES := uk
FRONT_END := package-lock.json webui/frontend/build.mjs $(shell find webui/frontend/src webui/templates -type f)
ORDEAL := tests/faults tests/upgrades tests/engine/bpmn
LINT = MAKEFLAGS= $(MAKE) --no-print-directory lint
PROGRAM := $(shell find engine processes tasks webui -name '*.py')

.DEFAULT_GOAL := help

# Without a home to write to (a service's account, a container's), installers keep here what they have fetched.
ifneq ($(shell [ -w "$$HOME" ] && echo yes),yes)
export XDG_CACHE_HOME ?= $(CURDIR)/.venv/.cache
export npm_config_cache ?= $(CURDIR)/.venv/.cache/npm
endif

.PHONY: run
run: export REGLAMENT_DEMO ?= 1
run: build .venv/.compiled ## start Reglament with a demo company on 127.0.0.1:8000 (PORT=… for another port)
	@exec $(BIN)/reglament run

# Pytest compiles its modules its own way, half a minute of both processes where none is kept; a lint that knows nothing yet
# leaves one of two cores to that. What cannot be collected is told by the tests themselves. Ctrl-C, which a shell's process
# in the background does not hear, ends it as well. A line that says $(MAKE) would be performed by `make -n`: hence $(LINT).
.PHONY: test
test: export PYTHONDONTWRITEBYTECODE :=
test: dev services .venv/.compiled ## everything that CI checks: lint, then all tests (ARGS=… goes to pytest)
	@[ -d tests/__pycache__ ] || exec $(BIN)/python -m pytest --collect-only -q >/dev/null 2>&1 & compiling=$$!; \
	  trap 'kill $$compiling 2>/dev/null' INT TERM; $(LINT); is_fine=$$?; wait $$compiling; exit $$is_fine
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: lint
lint: dev ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: dev ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: dev services ## measure a step, the pages and the timers; writes docs/benchmarks.md
	PYTHONPATH=tests $(BIN)/python -m bench $(ARGS)

.PHONY: bench-scale
bench-scale: dev services ## measure every page with 300,000 open steps; writes the tables of docs/scaling.md
	PYTHONPATH=tests $(BIN)/python -m bench.scale $(ARGS)

.PHONY: ordeal
ordeal: dev services ## the long form of the fault tests, an hour and a half; prints the scorecard (ARGS=--write-scorecard also writes it into docs/reliability.md)
	$(BIN)/python -m pytest $(ORDEAL) --full $(ARGS)

.PHONY: snapshot
snapshot: dev ## keep the deals of a released version for the tests of upgrades: RELEASE=<tag> VERSION=<number>
	sh tools/snapshot.sh "$(RELEASE)" "$(VERSION)"

.PHONY: build
build: .venv/.installed $(DIST) $(CATALOGUES:.po=.mo) ## install, build the front end, compile the translations

.PHONY: dev
dev: build .venv/.installed-dev ## install what development and tests need

.PHONY: services
services: dev ## install PostgreSQL, Redis and Chromium for the tests, where possible
	@sh tools/test_services.sh

.PHONY: lock
lock: dev ## renew the locks after a change of requirements/*.in or package.json (UPGRADE=1 for newer versions)
	sh tools/lock.sh

.PHONY: translations
translations: dev ## collect the texts of code and pages into the translators' catalogues
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k lazy_gettext --ignore-dirs ".* node_modules" --no-location --sort-output --project=Reglament -o .venv/messages.pot .
	for locale in $(LOCALES); do \
	  $(BIN)/pybabel -q update --init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
	    -i .venv/messages.pot -d webui/translations -l $$locale || exit 1; \
	done

.PHONY: wheel
wheel: dev ## build the package into dist/
	$(BIN)/hatchling build -t wheel

.PHONY: clean
clean: ## remove what was installed and built; var/ with its data stays
	rm -rf .venv node_modules webui/static/dist dist $(CATALOGUES:.po=.mo)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.venv/.installed: requirements/runtime.txt requirements/build.txt pyproject.toml hatch_build.py
	@sh tools/install.sh runtime build
	@touch $@

.venv/.installed-dev: requirements/dev.txt .venv/.installed
	@sh tools/install.sh dev
	@touch $@

# A start within three seconds has no time to compile, and some machines never write what they compiled.
.venv/.compiled: .venv/.installed $(PROGRAM)
	@$(BIN)/python -m compileall -q engine processes tasks webui
	@touch $@

$(DIST): $(FRONT_END) | .venv/.installed
	@echo "Building the front end"
	@$(BIN)/python tools/front_end.py
	@touch $@

%.mo: %.po | .venv/.installed
	@$(BIN)/pybabel -q compile -i $< -o $@
