"""Password rules and their messages (PW-01 to PW-05)."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.people.validators import (
    LONGEST,
    GuessingValidator,
    MaximumLengthValidator,
    check_length,
)
from tests.portal_client import PASSWORD

ADVICE = "Try four or more unrelated words"


def why_refused(password: str, **about: str) -> tuple[list[str], str]:
    person = User(**{"email": "alice@example.org", **about})
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, person)
    return [error.code for error in refusal.value.error_list], " ".join(refusal.value.messages)


@pytest.mark.parametrize(
    ("least", "found"),
    [
        (0, ["accounts.E001"]),
        (7, ["accounts.E001"]),
        (8, ["accounts.W001"]),
        (14, ["accounts.W001"]),
        (15, []),
        (64, []),
    ],
)
def test_minimum_length_has_bounds(settings, least: int, found: list[str]) -> None:
    """PW-01: never under 8, and a warning under 15."""
    settings.PASSWORD_MIN_LENGTH = least
    assert [message.id for message in check_length()] == found


def test_password_rules_are_shown() -> None:
    """PW-03, PW-05."""
    assert str(LONGEST) in MaximumLengthValidator().get_help_text()
    assert ADVICE in GuessingValidator().get_help_text()


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "740918263550127",
        "purple otter jam",
        " leading and trailing ",
        "\U0001f40e\U0001f50b\U0001f9f7\U0001f587" * 16,
        "ünïcödé wörds gö hère",
    ],
)
def test_passphrase_is_accepted(password: str) -> None:
    """PW-01, PW-02, PW-04."""
    validate_password(password, User(email="alice@example.org", full_name="Alice"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("password12345678", "password_known"),
        ("PASSWORD12345678", "password_known"),
        ("momsanaladventure", "password_known"),
        ("Password2024!Password2024!", "password_pattern"),
        ("aaaabbbbccccdddd", "password_pattern"),
        ("demo demo demo demo", "password_pattern"),
        ("qazwsxedc 1234567", "password_pattern"),
        ("\U0001f511" * 64, "password_pattern"),
        ("alice@example.org", "password_personal"),
        ("Alice Liddell 2026", "password_personal"),
        ("testserver Liddell", "password_personal"),
    ],
)
def test_guessable_password_is_refused_with_reason_and_advice(password: str, code: str) -> None:
    """PW-05."""
    codes, words = why_refused(password, full_name="Alice Liddell")
    assert codes == [code]
    assert ADVICE in words
    assert password not in words


def test_other_persons_name_is_allowed() -> None:
    validate_password("Alice Liddell 2026", User(email="bob@example.net"))


@pytest.mark.parametrize(
    ("password", "code"),
    [("x" * 14, "password_too_short"), ("x" * 257, "password_too_long")],
)
def test_length_is_counted_in_characters(password: str, code: str) -> None:
    """PW-01, PW-03."""
    assert code in why_refused(password)[0]


def test_megabyte_is_refused_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """PW-03: one reason, and no time spent on it."""
    assert why_refused("ab" * 500_000)[0] == ["password_too_long"]


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["x" * 14, "password12345678", "root@example.org"])
def test_createsuperuser_validates_password(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    """PW-01: Django's own command does not validate passwords from its environment."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError):
        call_command("createsuperuser", email="root@example.org", interactive=False)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_createsuperuser_accepts_strong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="Root@Example.org", interactive=False, verbosity=0)
    assert User.objects.get(email="root@example.org").check_password(PASSWORD)
