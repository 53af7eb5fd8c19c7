# make run     the portal with demo people on http://127.0.0.1:8000; PORT=8475 moves it
# make test    all tests: SQLite, PostgreSQL where it is reachable, a real browser
# make check   format, lint, types, imports, templates, migrations, deployment check, mutation
# make bench   what logins cost and what abuse gets, measured on this machine: docs/performance.md
# make lock    requirements/*.txt anew from pyproject.toml

PYTHON ?= python3.11
BIN := .venv/bin
SOURCES := accounts benchmarks mfa portal tests manage.py gunicorn.conf.py

.PHONY: run test check bench lock format install install-dev chromium mutation

run: install
	$(BIN)/python -m portal.newenv
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(BIN)/python manage.py demo
	$(BIN)/python manage.py serve

test: install-dev chromium
	sh .ci/tests

check: install-dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files 'templates/*.html' | xargs $(BIN)/djade --check --target-version 5.2
	$(BIN)/djlint --quiet --lint templates
	ENV_FILE=tests/check.env $(BIN)/python manage.py makemigrations --check --dry-run
	ENV_FILE=tests/check.env $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(MAKE) mutation

bench: install-dev
	$(BIN)/python -m benchmarks.login
	$(BIN)/python -m benchmarks.abuse
	$(BIN)/python -m benchmarks.storm
	$(BIN)/python -m benchmarks.catch_up
	$(BIN)/python -m benchmarks.trial
	$(BIN)/python -m benchmarks.hostile_inputs

mutation: install-dev
	sh .ci/mutation

format: install-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	git ls-files 'templates/*.html' | xargs $(BIN)/djade --target-version 5.2

install: .venv/installed
install-dev: .venv/installed-dev

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: requirements/base.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/base.txt
	touch $@

.venv/installed-dev: requirements/dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	touch $@ .venv/installed

chromium:
	sh .ci/chromium

COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header

lock: install-dev
	$(COMPILE) --strip-extras --output-file requirements/base.txt pyproject.toml
	$(COMPILE) --no-strip-extras --extra dev --constraint requirements/base.txt --output-file requirements/dev.txt pyproject.toml
