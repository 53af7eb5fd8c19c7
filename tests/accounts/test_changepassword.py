"""`manage.py changepassword`: the password alone is stored (S10)."""

import getpass

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from mfa.models import AuditEvent, Event
from tests.portal_client import PASSWORD, Browser

NEW = "another long enough one"


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str, meanwhile=lambda: None) -> None:
    """What the operator types at the terminal, and what happens before the last answer."""
    left = list(answers)

    def ask(_prompt: str) -> str:
        if len(left) == 1:
            meanwhile()
        return left.pop(0)

    monkeypatch.setattr(getpass, "getpass", ask)


def test_what_changes_while_the_operator_types_stays(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    def move() -> None:
        User.objects.filter(pk=alice.pk).update(email="new@example.org", is_active=False)

    typed(monkeypatch, NEW, NEW, meanwhile=move)
    call_command("changepassword", "ALICE@example.org")
    alice.refresh_from_db()
    assert (alice.email, alice.is_active) == ("new@example.org", False)
    assert alice.check_password(NEW)


def test_sessions_end_and_the_person_is_told(
    monkeypatch: pytest.MonkeyPatch, browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    typed(monkeypatch, NEW, NEW)
    call_command("changepassword", alice.email)
    assert browser.get("/me/").status_code == 302
    assert AuditEvent.objects.filter(user_id=alice.pk, event=Event.PASSWORD_CHANGED).exists()


@pytest.mark.parametrize(
    "answers", [["short"] * 6, [NEW, "different"] * 3], ids=["weak", "different"]
)
def test_three_bad_tries_change_nothing(
    monkeypatch: pytest.MonkeyPatch, alice: User, answers: list[str]
) -> None:
    typed(monkeypatch, *answers)
    with pytest.raises(CommandError, match="not changed"):
        call_command("changepassword", alice.email)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_nobody_else_is_known(alice: User) -> None:
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        call_command("changepassword", "nobody@example.org")
