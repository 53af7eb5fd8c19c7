"""S03: no regular expression that sees a client's bytes takes more than linear time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import hostile_inputs
from benchmarks.hostile_inputs import PATTERNS, READERS

ROOT = Path(__file__).parents[2]
# What makes or runs a regular expression
CALLS = {"RegexValidator", "URLValidator", "EmailValidator", "validate_email"}
CALLS |= {"validate_slug", "PhoneNumberMatcher"}


@pytest.mark.parametrize("reader", READERS)
def test_hostile_text_costs_linear_time(reader: str) -> None:
    row = hostile_inputs.worst(reader, READERS[reader])
    assert row.holds, row


def test_the_measure_finds_a_pattern_that_backtracks() -> None:
    """The first pattern of the logs as it was: a local part without a beginning or a bound."""
    careless = re.compile(r"[^\s@<>\"'=(,:/…]+@[\w.-]+\.[A-Za-z]{2,}")
    row = hostile_inputs.row_of("careless", lambda text: careless.sub("", text[::8]), "1")
    assert not row.holds


def test_each_pattern_of_the_code_is_on_the_list() -> None:
    """A new one names the reader that is measured, or why no client's bytes reach it."""
    assert set(patterns()) == set(PATTERNS)
    assert {reader for reader in PATTERNS.values() if reader in READERS}


def patterns() -> Iterator[str]:
    for app in ("accounts", "mfa", "portal"):
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield from _of_module(path)


def _of_module(path: Path) -> Iterator[str]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for statement in ast.parse(path.read_text()).body:
        if any(_is_pattern(node) for node in ast.walk(statement)):
            yield f"{module}.{_name(statement)}"


def _is_pattern(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    match node.func:
        case ast.Attribute(value=ast.Name(id="re")):
            return True
        case ast.Name(id=name):
            return name in CALLS
    return False


def _name(statement: ast.stmt) -> str:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
    return "?"
