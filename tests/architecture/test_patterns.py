"""S03: each regular expression is measured, or never gets input of clients.

`benchmarks/hostile_inputs.py` has the list.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hostile_inputs import PATTERNS, READERS, SETTINGS

ROOT = Path(__file__).parents[2]
# What makes or runs a regular expression
CALLS = {"RegexValidator", "URLValidator", "EmailValidator", "validate_email"}
CALLS |= {"validate_slug", "PhoneNumberMatcher"}


def test_each_pattern_of_the_code_is_on_the_list() -> None:
    """A new pattern needs a measured reader, or the reason why it gets no input of clients."""
    assert set(patterns()) == set(PATTERNS)
    assert {reader for reader in PATTERNS.values() if reader in READERS}


def patterns() -> Iterator[str]:
    for app in ("accounts", "mfa", "portal"):
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield from _of_module(path)


def _of_module(path: Path) -> Iterator[str]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    if module in SETTINGS:
        return
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
