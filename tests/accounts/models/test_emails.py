"""Emails are normalized in forms, commands and queries."""

import pytest
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import RequestFactory

from accounts.models import User
from accounts.people.spellings import Misspelled, misspelled
from mfa.models import OutboxMessage
from tests.conftest import make_user
from tests.portal_client import PASSWORD, Browser
from tests.stations import home, office

__all__ = ["home", "office"]

STORED = "alice@example.org"
SPELLINGS = [
    "Alice@EXAMPLE.org",
    "alice@example.org\u200b",
    "\u200ealice@example.org",
    "\u00a0alice@example.org\u00a0",
    "al\u00adice@exam\u2060ple.org\ufe0f",
    "alice\uff20example\uff0eorg",
    "alice@example.org.",
    "<alice@example.org>",
    "mailto:alice@example.org",
    "'alice@example.org',",
]


def store(pk: int, email: str) -> None:
    """Simulate another program, or a portal version before normalization."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = %s WHERE id = %s", [email, pk])


def stored(pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM accounts_user WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_email_in_any_spelling_logs_in_same_person(
    browser: Browser, alice: User, spelling: str
) -> None:
    browser.post("/login/", {"email": spelling, "password": PASSWORD})
    assert browser.get("/login/verify/").status_code == 200


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_email_in_any_spelling_gets_reset_mail(
    browser: Browser, alice: User, spelling: str
) -> None:
    browser.post("/password/forgot/", {"email": spelling})
    assert OutboxMessage.objects.filter(target=STORED).count() == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_wrong_passwords_of_all_spellings_share_a_count(
    browser: Browser, alice: User, spelling: str
) -> None:
    """LG-02: otherwise each spelling would allow ten more guesses."""
    for _ in range(5):
        browser.post("/login/", {"email": spelling, "password": "not the password"})
        browser.post("/login/", {"email": STORED, "password": "not the password"})
    answer = browser.post("/login/", {"email": spelling, "password": "not the password"})
    assert answer.status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_orm_stores_normalized_emails(spelling: str) -> None:
    made = User.objects.create_user(spelling, PASSWORD)
    assert made.email == stored(made.pk) == STORED
    assert User.objects.get(email=spelling) == made
    assert User.objects.filter(email__in=[spelling]).get() == made
    made.new_email = spelling
    made.save()
    assert made.new_email == STORED
    User.objects.filter(pk=made.pk).update(email=f"b{STORED}")
    User.objects.bulk_create([User(email=spelling, password="!")])
    assert User.objects.filter(email=STORED).count() == 1
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=made.pk).update(email=spelling)


def test_changed_email_logs_in_as_typed(home: Browser, alice: User) -> None:
    """A copied address with a zero-width space is confirmed by its link and must log in."""
    home.post("/me/email/", {"email": "alice.moved@example.org\u200b"})
    body = OutboxMessage.objects.get(target="alice.moved@example.org").body
    path = next(word for word in body.split() if "/me/email/" in word)
    home.post(path.removeprefix("http://testserver"))
    typed = Browser()
    typed.post("/login/", {"email": "alice.moved@example.org", "password": PASSWORD})
    assert typed.get("/login/verify/").status_code == 200


@pytest.mark.parametrize("email", ["josé@example.org", "m\u0131ke@example.org", '"jo"@example.org'])
def test_undeliverable_address_is_refused_with_reason(home: Browser, email: str) -> None:
    """X16: accented twins cannot both have an account."""
    page = home.post("/me/email/", {"email": email})
    assert "letters from a to z" in page.content.decode()
    with pytest.raises(ValidationError):
        User(email=email, password="!").clean_fields()


def test_undeliverable_domain_is_refused_with_reason(home: Browser) -> None:
    page = home.post("/me/email/", {"email": "jo@fa\u00df.example"})
    assert "No email can reach this address" in page.content.decode()


def test_international_domain_is_same_in_both_spellings(home: Browser) -> None:
    home.post("/me/email/", {"email": "jo@B\u00fccher.example"})
    assert OutboxMessage.objects.filter(target="jo@xn--bcher-kva.example").exists()


def test_administrator_adds_and_finds_people_by_any_spelling(office: Browser) -> None:
    office.post(
        "/admin/accounts/user/add/",
        {"email": "<Dora@example.org>\u200b", "full_name": "", "language": "en"},
    )
    dora = User.objects.get(email="dora@example.org")
    request = RequestFactory().get("/")
    admin = site._registry[User]
    found, _ = admin.get_search_results(request, User.objects.all(), "Dora@Example.org\u200b")
    assert list(found) == [dora]


def test_commands_accept_email_in_any_spelling(alice: User) -> None:
    for command in ("why", "breakglass"):
        with pytest.raises(CommandError, match=r"email nobody@example\.org"):
            call_command(command, "<Nobody@example.org>\u200b", *reason_for(command))
    call_command("breakglass", "Alice@example.org\u200b", "--reason", "lost phone")


def reason_for(command: str) -> list[str]:
    return ["--reason", "lost phone"] if command == "breakglass" else []


@pytest.mark.django_db
def test_rows_with_unnormalized_emails_are_listed_by_key() -> None:
    good, moved, twin, odd = (make_user(f"{name}@example.org") for name in "abcd")
    store(moved.pk, "b@example.org\u200b")
    store(twin.pk, "A@example.org")
    store(odd.pk, "jos\u00e9@example.org")
    assert list(misspelled()) == [
        Misspelled(moved.pk, 0, locked_out=True),
        Misspelled(twin.pk, good.pk, locked_out=True),
        Misspelled(odd.pk, 0, locked_out=False),
    ]
