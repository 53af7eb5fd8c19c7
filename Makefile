# make run     the portal with demo people on http://127.0.0.1:8000; PORT=8475 uses another port
# make demo-reset    start the demo over with an empty database
# make test    all tests once, on PostgreSQL if it is reachable, with a real browser
# make test-all  the same on both databases, with processes, keyboard, coverage and mutation
# make check   format, lint, types, imports, templates, migrations, deployment check
# make bench   measure logins and attacks on this machine: docs/performance.md
# make bench-peers   compare a login with django-allauth and django-two-factor-auth
# make pictures  the pictures of the README and the guides again
# make lock    resolve requirements/*.txt again from pyproject.toml
# PYTHON=/path/to/python chooses the Python of .venv; otherwise .ci/venv finds one from 3.11 to 3.13.

BIN := .venv/bin
SOURCES := accounts benchmarks mfa portal tests manage.py gunicorn.conf.py .ci/install.py

.PHONY: run demo-reset venv test test-all check bench bench-peers pictures lock format install install-dev chromium mutation

run: install
	@$(BIN)/python -m portal.newenv
	@echo "1 of 3: collecting the static files."
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@echo "2 of 3: preparing the database and the demo people. The first time takes up to a minute."
	@{ $(BIN)/python manage.py migrate --verbosity 0 && $(BIN)/python manage.py demo; } || \
		{ echo "If the database is of another version: make demo-reset starts over."; exit 1; }
	@echo "3 of 3: starting the portal. Ctrl-C stops it."
	@$(BIN)/python manage.py serve

demo-reset: install
	@$(BIN)/python -m portal.newenv
	@$(BIN)/python manage.py demo_reset $(if $(EVERYBODY),--everybody)

test: install-dev chromium
	sh .ci/tests

test-all: install-dev chromium
	sh .ci/tests all

check: install-dev
	@sh .ci/part "format" $(BIN)/ruff format --check $(SOURCES)
	@sh .ci/part "lint" $(BIN)/ruff check $(SOURCES)
	@sh .ci/part "types" $(BIN)/mypy
	@sh .ci/part "imports" $(BIN)/lint-imports
	@git ls-files 'templates/*.html' | sh .ci/part "template format" xargs $(BIN)/djade --check --target-version 5.2
	@sh .ci/part "template lint" $(BIN)/djlint --quiet --lint templates
	@ENV_FILE=tests/check.env sh .ci/part "migrations" $(BIN)/python manage.py makemigrations --check --dry-run
	@ENV_FILE=tests/check.env sh .ci/part "deployment" $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: install-dev
	$(BIN)/python -m benchmarks.login
	$(BIN)/python -m benchmarks.abuse
	$(BIN)/python -m benchmarks.storm
	$(BIN)/python -m benchmarks.approvals
	$(BIN)/python -m benchmarks.bulk
	$(BIN)/python -m benchmarks.imports
	$(BIN)/python -m benchmarks.catch_up
	$(BIN)/python -m benchmarks.trial
	$(BIN)/python -m benchmarks.hostile_inputs
	$(BIN)/python -m benchmarks.footprint
	$(BIN)/python -m benchmarks.lists
	$(BIN)/python -m benchmarks.impact

bench-peers: install-dev .venv-peers/installed
	$(BIN)/python -m benchmarks.peers

pictures: install-dev chromium
	$(BIN)/python -m tests.browser.pictures

mutation: install-dev
	sh .ci/mutation

format: install-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	git ls-files 'templates/*.html' | xargs $(BIN)/djade --target-version 5.2

venv:
	@sh .ci/venv "$(PYTHON)"

install: venv
	@$(BIN)/python .ci/install.py requirements/base.txt

install-dev: venv
	@$(BIN)/python .ci/install.py requirements/dev.txt

.venv-peers/installed: requirements/peers.txt | venv
	$(BIN)/python -m venv --clear .venv-peers
	.venv-peers/bin/python -m pip install --quiet --require-hashes --requirement $<
	touch $@

chromium:
	sh .ci/chromium

# One lock for every Python: packages that only some versions need carry a marker.
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-header

lock: install-dev
	$(COMPILE) --output-file requirements/base.txt pyproject.toml
	$(COMPILE) --no-strip-extras --extra dev --constraint requirements/base.txt --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --strip-extras --constraint requirements/base.txt --output-file requirements/peers.txt requirements/peers.in
