"""Pages ask, verify and save only through their flow (mfa.login.flow)."""

import ast
from collections.abc import Iterator

from tests.architecture.test_house import trees

PAGES = ("mfa/views/", "mfa/admin/", "accounts/views/", "accounts/admin/", "portal/")
# What pages may use of challenges: the outcome of a code, and a number
SHOWN = {"Outcome", "Result", "MOST_WRONG_ANSWERS"}


def offenses(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="mfa", names=names):
                yield from (f"line {node.lineno}" for each in names if each.name == "challenges")
            case ast.ImportFrom(module=str(module), names=names) if module.startswith(
                "mfa.challenges"
            ):
                yield from (f"line {node.lineno}" for each in names if each.name not in SHOWN)
            case ast.Attribute(value=ast.Attribute(attr="pending"), attr="save" | "drop"):
                yield f"line {node.lineno}"
            case ast.Call(func=ast.Attribute(value=ast.Name("PendingLogin"), attr=name)):
                yield from (f"line {node.lineno}" for _ in [name] if name != "load")
            case ast.Assign(targets=[ast.Attribute(value=ast.Attribute(attr="pending"))]):
                yield f"line {node.lineno}"


def test_pages_ask_verify_and_save_only_by_flow() -> None:
    offenders = {
        name: found
        for name, tree in trees().items()
        if name.startswith(PAGES) and (found := list(offenses(tree)))
    }
    assert offenders == {}


def test_rule_detects_violation() -> None:
    forbidden = (
        "from mfa import challenges",
        "from mfa.challenges import issue",
        "flow.pending.save(request.session)",
        "PendingLogin.drop(request.session)",
        "flow.pending.lost = True",
    )
    assert [line for line in forbidden if not list(offenses(ast.parse(line)))] == []
