"""Which tests a run selects, and in which order."""

import pytest

# The longest files start first, or one worker finishes long after the other.
FIRST = (
    "tests/robustness/",
    "tests/production/",
    "tests/benchmarks/",
    "tests/journeys/test_pumping.py",
    "tests/browser/",
    "tests/journeys/",
    "tests/portal/",
)
DATABASE = {"db", "transactional_db", "live_server"}
# The run on SQLite leaves out these marks.
ONLY_ONCE = ("processes", "full")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what uses no database: it has run on another one and would say the same",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=place)
    if config.getoption("database_only"):
        same = [item for item in items if not needs_database(item)]
        config.hook.pytest_deselected(items=same)
        items[:] = [item for item in items if needs_database(item)]


def place(item: pytest.Item) -> int:
    """Return the position of a test's folder or file in the order."""
    places = (n for n, start in enumerate(FIRST) if item.nodeid.startswith(start))
    return next(places, len(FIRST))


def needs_database(item: pytest.Item) -> bool:
    """Whether a test uses the database, a fixture known only at run time, or runs only once."""
    return (
        not DATABASE.isdisjoint(item.fixturenames)
        or any(map(item.get_closest_marker, ONLY_ONCE))
        or item.get_closest_marker("django_db") is not None
        or "request" in item._fixtureinfo.argnames
    )
