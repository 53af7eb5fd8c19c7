"""`manage.py changepassword`: only the password is stored (S10)."""

import getpass

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from mfa.models import AuditEvent, Event
from tests.portal_client import PASSWORD, Browser

NEW = "another long enough one"


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str, meanwhile=lambda: None) -> None:
    """The operator's input, and a parallel change before the last prompt."""
    left = list(answers)

    def ask(_prompt: str) -> str:
        if len(left) == 1:
            meanwhile()
        return left.pop(0)

    monkeypatch.setattr(getpass, "getpass", ask)


def test_parallel_change_while_operator_types_stays(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    def move() -> None:
        User.objects.filter(pk=alice.pk).update(email="new@example.org", is_active=False)

    typed(monkeypatch, NEW, NEW, meanwhile=move)
    call_command("changepassword", "ALICE@example.org")
    alice.refresh_from_db()
    assert (alice.email, alice.is_active) == ("new@example.org", False)
    assert alice.check_password(NEW)


def test_sessions_end_and_person_is_notified(
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
def test_three_invalid_passwords_change_nothing(
    monkeypatch: pytest.MonkeyPatch, alice: User, answers: list[str]
) -> None:
    typed(monkeypatch, *answers)
    with pytest.raises(CommandError, match="not changed"):
        call_command("changepassword", alice.email)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_unknown_email_is_an_error(alice: User) -> None:
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        call_command("changepassword", "nobody@example.org")
