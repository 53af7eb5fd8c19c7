"""Every requirement stands in docs/security.md, with the tests that show it or with why not."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENT = (ROOT / "docs/security.md").read_text()
# How many requirements each family has
FAMILIES = {
    "PW": 10,
    "LG": 10,
    "RG": 4,
    "EN": 7,
    "OT": 13,
    "PS": 10,
    "EM": 7,
    "RV": 8,
    "NT": 3,
    "SS": 11,
    "TB": 2,
    "TO": 2,
    "WA": 6,
    "LK": 1,
    "PU": 4,
    "AZ": 4,
    "WB": 7,
    "DT": 4,
    "LO": 3,
}
# A number that was never given to a requirement
UNUSED = "EM-05"
KNOWN = {
    name
    for family, most in FAMILIES.items()
    for number in range(1, most + 1)
    if (name := f"{family}-{number:02}") != UNUSED
}
ID = re.compile(rf"\b(?:{'|'.join(FAMILIES)})-\d\d\b")
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
# What a standard wants in writing, by the heading under which it stands
WRITTEN = {
    "LG-06": "Ways in",
    "LG-07": "Where the second step may be missing",
    "LO-03": "What is logged, and where it is kept",
    "PS-03": "The text message as a factor",
}


def rows(columns: int) -> list[list[str]]:
    """The rows of the tables that begin with ids and have so many columns."""
    lines = [line.strip("| ").split(" | ") for line in DOCUMENT.splitlines() if line[:1] == "|"]
    return [cells for cells in lines if ID.match(cells[0]) and len(cells) == columns]


SHOWN = {cells[0]: TEST.findall(cells[-1]) for cells in rows(4)}
LATER = [name for cells in rows(2) for name in ID.findall(cells[0])]


@cache
def functions(path: str) -> set[str]:
    file = ROOT / "tests" / path
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def named_in(folder: str) -> dict[str, str]:
    """Each id that a file below the folder speaks of, and the file."""
    files = {*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.html")} - {Path(__file__)}
    return {name: str(file) for file in files for name in ID.findall(file.read_text())}


def test_every_requirement_is_in_the_document_once() -> None:
    ids = sorted([*SHOWN, *LATER])
    assert ids == sorted(set(ids))
    assert set(ids) == KNOWN


def test_no_line_of_the_tables_is_lost() -> None:
    """A row with a cell too many or too few would be read by nobody."""
    lines = [line for line in DOCUMENT.splitlines() if re.match(rf"\| {ID.pattern}", line)]
    assert len(lines) == len(rows(4)) + len(rows(2))


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_requirement_is_shown_by_tests_that_exist(name: str) -> None:
    assert SHOWN[name], "a row without a test"
    missing = [f"{path}::{test}" for path, test in SHOWN[name] if test not in functions(path)]
    assert missing == []
    assert all(test.startswith("test_") for _path, test in SHOWN[name])


@pytest.mark.parametrize("folder", ["accounts", "mfa", "portal", "templates", "tests"])
def test_nobody_speaks_of_an_unknown_requirement(folder: str) -> None:
    assert {name: file for name, file in named_in(folder).items() if name not in KNOWN} == {}


@pytest.mark.parametrize(("name", "heading"), WRITTEN.items())
def test_what_must_be_written_is_written(name: str, heading: str) -> None:
    """PS-03, LG-06, LG-07, LO-03: a heading with something under it."""
    found = re.search(rf"^## {heading}\n(.+?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, name
    assert len(found[1].split()) > 20
