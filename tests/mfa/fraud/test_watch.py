"""Detection of guessing across the site, and of a proxy that hides all clients (S19, X22)."""

from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa.fraud import watch
from mfa.models import AuditEvent, Event, OutboxMessage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PROXY = "10.0.0.9"


def happened(
    event: Event, times: int, *, address: str = "", people: int = 20, ago: int = 10
) -> None:
    """Add events, from many addresses or from one."""
    at = timezone.now() - timedelta(minutes=ago)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=at,
            event=event,
            user_id=1000 + n % people,
            address=address or f"198.51.100.{n % 250}",
        )
        for n in range(times)
    )


def told(root: User) -> list[str]:
    for _ in range(2):
        with TestCase.captureOnCommitCallbacks(execute=True):
            watch.look()
    return list(OutboxMessage.objects.filter(target=root.email).values_list("subject", flat=True))


@pytest.mark.parametrize(
    ("wrong", "right", "ago", "subjects"),
    [
        (299, 0, 10, []),
        (300, 0, 10, ["Acme Portal: many wrong passwords"]),
        (300, 300, 10, ["Acme Portal: many wrong passwords"]),
        (300, 301, 10, []),
        (300, 0, 61, []),
    ],
)
def test_wrong_passwords_across_the_site_are_reported_once_an_hour(
    root: User, wrong: int, right: int, ago: int, subjects: list[str]
) -> None:
    happened(Event.PASSWORD_WRONG, wrong, ago=ago)
    happened(Event.PASSWORD_RIGHT, right, ago=ago)
    assert told(root) == subjects


@pytest.mark.parametrize(("wrong", "mails"), [(99, 0), (100, 1)])
def test_wrong_codes_across_the_site_are_reported(root: User, wrong: int, mails: int) -> None:
    happened(Event.CODE_WRONG, wrong)
    assert told(root) == ["Acme Portal: many wrong codes"] * mails


def test_newest_events_are_extrapolated_to_an_hour(root: User) -> None:
    happened(Event.CODE_WRONG, 20, ago=30)
    happened(Event.LOGGED_OUT, watch.MOST_ROWS - 20, ago=6)
    assert told(root) == []
    happened(Event.CODE_WRONG, 20, ago=6)
    assert told(root) == ["Acme Portal: many wrong codes"]


@pytest.mark.parametrize(
    ("there", "elsewhere", "people", "found"),
    [(95, 5, 20, PROXY), (94, 6, 20, ""), (45, 2, 20, ""), (95, 5, 4, "")],
)
def test_one_address_of_nearly_all_logins_is_found(
    there: int, elsewhere: int, people: int, found: str
) -> None:
    """X22: few attempts or few people have no significance."""
    happened(Event.PASSWORD_RIGHT, there, address=PROXY, people=people)
    happened(Event.PASSWORD_WRONG, elsewhere)
    assert watch.one_address() == found


def test_trusted_proxy_is_not_reported(settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    happened(Event.PASSWORD_RIGHT, 100, address=PROXY)
    assert watch.one_address() == ""


def test_single_address_is_reported_once_a_day(root: User) -> None:
    happened(Event.PASSWORD_RIGHT, 100, address=PROXY)
    assert told(root) == ["Acme Portal: almost all logins come from one IP address"]
    body = OutboxMessage.objects.get(target=root.email).body
    assert PROXY in body
    assert "TRUSTED_PROXIES" in body
