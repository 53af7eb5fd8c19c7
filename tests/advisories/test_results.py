"""No caller ignores the result of a check (X19, GitLab #585333).

There a helper returned whether a signature was right, and its caller ignored it.
"""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from mfa.challenges import Outcome, Result
from mfa.forms.apps import NewAppForm
from mfa.forms.codes import CodeForm
from mfa.forms.recovery_codes import RecoveryCodeForm

ROOT = Path(settings.BASE_DIR)
CODE = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text())
    for app in ("accounts", "mfa", "portal")
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
}
VERDICTS = {"bool", "Result", "Answer", "Link"}
# Functions called for their effect, although they also return a result
DOERS = {
    "mfa.sessions.revoke.end_one": "a session that is gone already is what was wished",
    "mfa.messages.receipts.receive": "a receipt for nothing is answered as any other",
    "mfa.messages.circuit.try_again": "somebody else may have been first",
    "mfa.messages.alerts.warn": "once is enough",
    "mfa.passes.cancel": "without a pass there is nothing to cancel",
    "mfa.recoveries.stop": "a request that ended already is what was wished",
    "accounts.people.resets.send": "the login page mails another link for an imported password",
    "accounts.organizations.members.give_role": "a role that is there already is what was wished",
    "accounts.csv_import.mailing.mail": "it counts the emails that a limit held back",
    "accounts.csv_import.inviting._send_or_prepare": "the invitation is prepared at least",
    "mfa.models.backlog.lock": "where it waits for the lock, it gets it",
}


def is_verdict(function: ast.FunctionDef) -> bool:
    """Whether a result is a boolean, or None for no."""
    said = ast.unparse(function.returns) if function.returns else ""
    return "| None" in said or bool(VERDICTS & set(said.replace("|", " ").split()))


CHECKS = {
    f"{module}.{node.name}"
    for module, tree in CODE.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef) and is_verdict(node)
}


def names_in(module: str) -> dict[str, str]:
    """What each name in a module refers to, if it was imported or defined there."""
    names = {}
    for node in ast.walk(CODE[module]):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        if isinstance(node, ast.FunctionDef):
            names[node.name] = f"{module}.{node.name}"
    return names


def called(call: ast.Call, names: dict[str, str]) -> str:
    first, *rest = ast.unparse(call.func).split(".")
    return ".".join([names.get(first, first), *rest])


def test_results_of_checks_are_used() -> None:
    ignored = set()
    for module, tree in CODE.items():
        names = names_in(module)
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
        calls = [each.value for each in statements if isinstance(each.value, ast.Call)]
        ignored |= {(called(call, names), module) for call in calls}
    found = {(check, module) for check, module in ignored if check in CHECKS}
    assert {(check, module) for check, module in found if check not in DOERS} == set()
    assert {check for check, _module in found} == set(DOERS)


def test_answers_are_compared_by_identity() -> None:
    """Pages that do not `match` all answers compare with `is`, so nothing else passes."""
    strange = [
        f"{module}: {ast.unparse(node)}"
        for module, tree in CODE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and "Outcome." in ast.unparse(node)
        and not all(isinstance(each, ast.Is) for each in node.ops)
    ]
    assert strange == []


def test_every_match_over_answers_is_complete() -> None:
    """A new answer is a type error until each page handles it."""
    matches = [
        node
        for tree in CODE.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Match) and "Outcome." in ast.unparse(node)
    ]
    assert matches
    assert [ast.unparse(each) for each in matches if "assert_never" not in ast.unparse(each)] == []


@pytest.mark.parametrize("answer", Outcome)
def test_each_refused_answer_has_a_message(answer: Outcome, db: None) -> None:
    result = Result(answer)
    assert result.leads_on is (answer in {Outcome.RIGHT, Outcome.LOCKED})
    forms = CodeForm({}), CodeForm({}), NewAppForm({}), RecoveryCodeForm({})
    by_code, by_app, new_app, by_recovery_code = forms
    by_code.refuse(result, None)
    by_app.refuse_app(result)
    new_app.refuse_new(result)
    by_recovery_code.refuse(result)
    assert all(form.errors["code"] for form in forms)
