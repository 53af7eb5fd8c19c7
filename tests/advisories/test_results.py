"""No caller ignores what a check has found (X19, GitLab #585333).

There a helper returned whether a signature was right, and its caller never looked.
"""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from mfa.answers import Answer, Judgement
from mfa.forms.codes import CodeForm, NewAppForm, RecoveryCodeForm

ROOT = Path(settings.BASE_DIR)
CODE = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text())
    for app in ("accounts", "mfa", "portal")
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
}
VERDICTS = {"bool", "Judgement", "Answer", "Link"}
# What may be called for what it does, though it also says whether it did
DOERS = {
    "mfa.endings.end_one": "a session that is gone already is what was wished",
    "mfa.deliveries.receive": "a receipt for nothing is answered as any other",
    "mfa.circuit.try_again": "somebody else may have been first",
    "mfa.alerts.warn": "once is enough",
    "accounts.resets.send": "who lost an imported password gets another link at the login page",
    "mfa.backlog.lock": "where it waits for the lock, it gets it",
}


def is_verdict(function: ast.FunctionDef) -> bool:
    """Whether a result says yes or no, or is missing for no."""
    said = ast.unparse(function.returns) if function.returns else ""
    return "| None" in said or bool(VERDICTS & set(said.replace("|", " ").split()))


CHECKS = {
    f"{module}.{node.name}"
    for module, tree in CODE.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef) and is_verdict(node)
}


def names_in(module: str) -> dict[str, str]:
    """What each name of a module stands for, as far as it was imported or made there."""
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


def test_no_result_of_a_check_is_thrown_away() -> None:
    ignored = set()
    for module, tree in CODE.items():
        names = names_in(module)
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
        calls = [each.value for each in statements if isinstance(each.value, ast.Call)]
        ignored |= {(called(call, names), module) for call in calls}
    found = {(check, module) for check, module in ignored if check in CHECKS}
    assert {(check, module) for check, module in found if check not in DOERS} == set()
    assert {check for check, _module in found} == set(DOERS)


def test_an_answer_passes_only_by_its_name() -> None:
    """Where a page asks less than a `match` over all of them, it asks `is`: nothing else passes."""
    strange = [
        f"{module}: {ast.unparse(node)}"
        for module, tree in CODE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and "Answer." in ast.unparse(node)
        and not all(isinstance(each, ast.Is) for each in node.ops)
    ]
    assert strange == []


def test_every_match_over_answers_is_complete() -> None:
    """A new answer is an error of the types until each page says what it means."""
    matches = [
        node
        for tree in CODE.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Match) and "Answer." in ast.unparse(node)
    ]
    assert matches
    assert [ast.unparse(each) for each in matches if "assert_never" not in ast.unparse(each)] == []


@pytest.mark.parametrize("answer", Answer)
def test_each_answer_that_does_not_lead_on_is_told(answer: Answer, db: None) -> None:
    judgement = Judgement(answer)
    assert judgement.leads_on is (answer in {Answer.RIGHT, Answer.LOCKED})
    forms = CodeForm({}), CodeForm({}), NewAppForm({}), RecoveryCodeForm({})
    by_code, by_app, new_app, by_recovery_code = forms
    by_code.refuse(judgement, None)
    by_app.refuse_app(judgement)
    new_app.refuse_new(judgement)
    by_recovery_code.refuse(judgement)
    assert all(form.errors["code"] for form in forms)
