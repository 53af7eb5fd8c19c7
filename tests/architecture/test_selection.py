"""Which tests `make test`, `make test-all` and `--database-only` run."""

import pytest
from django.conf import settings

from tests.selection import FIRST, needs_database


def test_files_that_start_first_exist() -> None:
    assert [name for name in FIRST if not (settings.BASE_DIR / name).exists()] == []


def test_database_test_runs_on_both_databases(request: pytest.FixtureRequest, db: None) -> None:
    assert needs_database(request.node)


def test_test_without_database_runs_once(request: pytest.FixtureRequest) -> None:
    here = [item for item in request.session.items if item.path == request.path]
    plain = [item.name for item in here if not needs_database(item)]
    once = ["test_files_that_start_first_exist", "test_script_runs_every_gate"]
    assert plain == ([] if request.config.getoption("database_only") else once)


def test_script_runs_every_gate() -> None:
    """`make test` leaves out two marks. `make test-all` leaves out none and adds the gates."""
    once, everything = (settings.BASE_DIR / ".ci/tests").read_text().split("\nall() {")
    assert '-m "not full and not processes"' in once
    gates = ("--fail-under=95", "--fail-under=100", "sh .ci/mutation")
    assert [gate for gate in gates if gate not in everything] == []
