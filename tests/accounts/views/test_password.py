"""Changing the password (PW-01 to PW-07, SS-06)."""

import pytest
import time_machine

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage
from tests.accounts.people.hashers import CountingHasher
from tests.portal_client import PASSWORD, Browser

NEW = "another long enough one"


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    browser.log_in(alice)
    return browser


def change(browser: Browser, new: str = NEW, *, old: str = PASSWORD, again: str | None = None):
    form = {
        "old_password": old,
        "new_password1": new,
        "new_password2": new if again is None else again,
    }
    return browser.post("/me/password/", form)


def test_only_new_password_logs_in(home: Browser, alice: User) -> None:
    assert change(home).url == "/me/?saved=password"
    home.post("/logout/")
    home.password(alice)
    assert "mfa_pending" not in home.session
    assert home.password(alice, NEW).url == "/login/verify/"


def test_page_confirms_saved_password(home: Browser) -> None:
    page = home.get(change(home).url).content.decode()
    assert "Your password has been changed." in page


@pytest.mark.parametrize("old", ["", "not the password", "x" * 257, "x" * 90_000])
def test_current_password_is_required(home: Browser, alice: User, old: str) -> None:
    """PW-07."""
    assert change(home, old=old).status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_overlong_current_password_is_refused_unhashed(settings, home: Browser) -> None:
    """PW-03."""
    settings.PASSWORD_HASHERS = [
        "tests.accounts.people.hashers.CountingHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = CountingHasher.runs
    assert change(home, old="x" * 90_000).status_code == 200
    assert CountingHasher.runs == before


@pytest.mark.parametrize(
    "new",
    [
        "740918263550127",  # only digits: no composition rule (PW-04)
        "purple otter ja",
        "🐎🔋🧷🖇🔑📎🧲🪜🧯🪣🪤🧺🧻🪥🛒",
        " leading and trailing ",
        "purple otter jam" * 16,
    ],
)
def test_long_enough_password_is_accepted(home: Browser, alice: User, new: str) -> None:
    """PW-01, PW-02, PW-04."""
    assert change(home, new).url == "/me/?saved=password"
    alice.refresh_from_db()
    assert alice.check_password(new)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("", "required"),
        ("x" * 13 + "y", "at least 15 characters"),
        ("🔑" * 14, "at least 15 characters"),
        ("x" * 257, "at most 256 characters"),
        ("alice@example.org", "mostly repeats your name, your email"),
        ("1q2w3e4r5t6y7u8i", "has appeared in a data breach"),
        ("abcabcabcabcabcabc", "too easy to guess"),
        ("\x00" * 15, "Null characters"),
    ],
)
def test_weak_password_is_refused_with_reason(
    home: Browser, alice: User, new: str, words: str
) -> None:
    """PW-01, PW-03, PW-05."""
    response = change(home, new)
    assert response.status_code == 200
    assert words in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_password_of_64_emoji_logs_in_and_63_do_not(home: Browser, alice: User) -> None:
    """PW-02: nothing is cut, and characters are counted, not bytes."""
    passphrase = "🐎🔋🧷🖇🔑📎🧲🪜" * 8
    assert change(home, passphrase).url == "/me/?saved=password"
    home.post("/logout/")
    home.password(alice, passphrase[:-1])
    assert "mfa_pending" not in home.session
    assert home.password(alice, passphrase).url == "/login/verify/"


def test_leading_space_counts(home: Browser, alice: User) -> None:
    """PW-02: nothing is trimmed."""
    change(home, f" {NEW}")
    home.post("/logout/")
    home.password(alice, NEW)
    assert "mfa_pending" not in home.session
    assert home.password(alice, f" {NEW}").url == "/login/verify/"


def test_overlong_new_password_is_refused_unhashed(settings, home: Browser) -> None:
    """PW-03: only the current password costs a hash."""
    settings.PASSWORD_HASHERS = [
        "tests.accounts.people.hashers.CountingHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = CountingHasher.runs
    response = change(home, "x" * 40_000, old="")
    assert "at most 256 characters" in response.content.decode()
    assert CountingHasher.runs == before


def test_both_new_passwords_must_match(home: Browser, alice: User) -> None:
    assert change(home, again="another long enough two").status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_current_password_is_refused_as_new_one(home: Browser, alice: User) -> None:
    """PW-06."""
    assert "That is your current password" in change(home, PASSWORD).content.decode()


def test_error_is_beside_first_field(home: Browser) -> None:
    """WCAG 3.3.1: the mistake is in the password, not in its repetition."""
    form = change(home, "password12345678").context["form"]
    assert list(form.errors) == ["new_password1"]


def test_passwords_are_not_shown_again(home: Browser) -> None:
    page = change(home, again="another long enough two").content.decode()
    assert PASSWORD not in page
    assert NEW not in page


def test_other_sessions_end_and_acting_one_stays(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06."""
    other_browser.log_in(alice)
    change(home)
    assert other_browser.get("/me/").status_code == 302
    assert home.get("/me/").status_code == 200


def test_session_has_new_key(home: Browser) -> None:
    before = home.cookies["session"].value
    change(home)
    assert home.cookies["session"].value != before


def test_email_is_notified(home: Browser, alice: User) -> None:
    """NT-01."""
    change(home)
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == alice.email
    assert NEW not in mail.body
    assert AuditEvent.objects.filter(event=Event.PASSWORD_CHANGED, user=alice).count() == 1


def test_refused_change_is_not_recorded(home: Browser) -> None:
    change(home, "short")
    assert not OutboxMessage.objects.filter(channel="email").exists()


def test_password_managers_recognize_fields(home: Browser) -> None:
    """PW-09."""
    page = home.get("/me/password/").content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert 'autocomplete="current-password"' in page
    assert "maxlength" not in page


def test_charlie_changes_only_his_own(
    home: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    other_browser.log_in(charlie)
    other_browser.post(
        "/me/password/",
        {
            "old_password": PASSWORD,
            "new_password1": NEW,
            "new_password2": NEW,
            "user": alice.pk,
            "email": alice.email,
        },
    )
    alice.refresh_from_db()
    charlie.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert charlie.check_password(NEW)


def test_guessing_current_password_causes_lockout(
    clock: time_machine.Traveller, home: Browser, alice: User
) -> None:
    """LG-01: a stolen session cannot bypass the limits."""
    for _ in range(10):
        change(home, old="not the password")
    response = change(home)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"
    page = response.content.decode()
    assert "<h1>Change password</h1>" in page
    assert page.count("Too many attempts. Try again in less than a minute.") == 2
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("old", ["", "not the password"])
def test_new_password_field_does_not_reveal_current_one(home: Browser, old: str) -> None:
    """PW-07: without the current password an attempt causes no lockout, so this form must not
    reveal it.
    """
    assert "That is your current password" not in change(home, PASSWORD, old=old).content.decode()
