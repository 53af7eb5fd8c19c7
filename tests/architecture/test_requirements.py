"""Every requirement is in docs/security.md, with its tests or a reason."""

import ast
import re
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENT = (ROOT / "docs/security.md").read_text()
# The number of requirements of each family
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
    "WB": 8,
    "DT": 4,
    "LO": 3,
}
# A number that no requirement has
UNUSED = "EM-05"
KNOWN = {
    name
    for family, most in FAMILIES.items()
    for number in range(1, most + 1)
    if (name := f"{family}-{number:02}") != UNUSED
}
ID = re.compile(rf"\b(?:{'|'.join(FAMILIES)})-\d\d\b")
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
# What a standard requires in writing, by its heading
WRITTEN = {
    "LG-06": "Ways in",
    "LG-07": "When MFA is not required",
    "LO-03": "What is logged, and where it is kept",
    "PS-03": "The text message as a factor",
}


def rows(columns: int) -> list[list[str]]:
    """Return the rows of the tables that start with ids and have this many columns."""
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
    """Return each id mentioned below the folder, with its file."""
    files = {*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.html")} - {Path(__file__)}
    return {name: str(file) for file in files for name in ID.findall(file.read_text())}


def test_every_requirement_is_in_the_document_once() -> None:
    ids = sorted([*(cells[0] for cells in rows(4)), *LATER])
    assert ids == sorted(set(ids))
    assert set(ids) == KNOWN


def test_every_table_row_is_parsed() -> None:
    """A row with too many or too few cells would be ignored."""
    lines = [line for line in DOCUMENT.splitlines() if re.match(rf"\| {ID.pattern}", line)]
    assert len(lines) == len(rows(4)) + len(rows(2))


def test_tests_of_requirements_exist() -> None:
    assert [name for name, tests in SHOWN.items() if not tests] == []
    named = [(name, path, test) for name, tests in SHOWN.items() for path, test in tests]
    assert [row for row in named if row[2] not in functions(row[1])] == []
    assert [row for row in named if not row[2].startswith("test_")] == []


def test_every_mentioned_requirement_exists() -> None:
    folders = ("accounts", "mfa", "portal", "templates", "tests")
    found = {folder: named_in(folder) for folder in folders}
    assert found["mfa"]
    assert [
        (name, file)
        for names in found.values()
        for name, file in names.items()
        if name not in KNOWN
    ] == []


def test_required_documentation_exists() -> None:
    """PS-03, LG-06, LG-07, LO-03: a heading with text."""
    lengths = {name: len(section(heading).split()) for name, heading in WRITTEN.items()}
    assert {name: length for name, length in lengths.items() if length <= 20} == {}


def section(heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.+?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""
