"""Forms only validate shape. Other modules count, hash, record and refuse."""

import ast
from collections.abc import Iterator

from tests.architecture.test_house import trees

FORMS = ("mfa/forms/", "accounts/forms/", "mfa/admin/forms.py")
VERBS = (
    "accounts.people.hashers",
    "accounts.people.hashes",
    "accounts.people.passwords",
    "django.contrib.auth.hashers",
    "mfa.audit",
    "mfa.challenges.issue",
    "mfa.limits",
    "mfa.login",
    "mfa.messages",
    "mfa.sessions",
)
CALLS = {"check_password", "judge", "issue", "verify", "take", "record"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{each.name}" for each in names)
            case ast.Import(names=names):
                yield from (each.name for each in names)


def offenses(tree: ast.AST) -> list[str]:
    verbs = [
        name for name in imported(tree) if f"{name}.".startswith(tuple(f"{v}." for v in VERBS))
    ]
    calls = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CALLS
    ]
    return verbs + calls


def test_forms_do_not_count_hash_or_record() -> None:
    forms = {name: tree for name, tree in trees().items() if name.startswith(FORMS)}
    assert forms
    assert {name: found for name, tree in forms.items() if (found := offenses(tree))} == {}


def test_rule_detects_violation() -> None:
    forbidden = (
        "from mfa import audit",
        "from mfa.limits import counters",
        "from accounts.people import passwords",
        "from django.contrib.auth.hashers import check_password",
        "user.check_password(typed)",
    )
    assert [line for line in forbidden if not offenses(ast.parse(line))] == []
