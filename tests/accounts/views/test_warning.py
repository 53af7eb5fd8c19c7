"""The mailed warning about wrong codes, which the owner confirms (S22, LG-01)."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa import challenges
from mfa.challenges import MOST_WRONG_ANSWERS
from mfa.client import Client
from mfa.models import AuditEvent, Event, OutboxMessage
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

THIEF = Client("198.51.100.1", "Firefox")


@pytest.fixture
def warning(browser: Browser, alice: User) -> str:
    """The link in the email after an attacker's fifth wrong code."""
    return guessed(Browser(), alice)


def guessed(thief: Browser, user: User) -> str:
    thief.password(user)
    right = int(code("+447700900201"))
    for step in range(1, 6):
        thief.post("/login/verify/", {"code": f"{(right + step) % 1_000_000:06}"})
    body = OutboxMessage.objects.filter(target=user.email, subject__contains="wrong codes")[0].body
    return re.search(r"http://testserver(/me/warning/\S+)", body)[1]


def counts(user: User) -> tuple[int, int]:
    user.refresh_from_db()
    return user.wrong_answers, user.factors.get().wrong_answers


def test_opening_warning_changes_nothing(browser: Browser, alice: User, warning: str) -> None:
    page = browser.get(warning)
    assert "It was me" in page.content.decode()
    assert counts(alice) == (5, 5)


def test_confirming_clears_counts_but_not_lockout(
    browser: Browser, alice: User, warning: str
) -> None:
    answer = browser.post(warning)
    assert answer.url == "/login/?notice=warning"
    assert "We no longer count those wrong codes." in browser.get(answer.url).content.decode()
    assert counts(alice) == (0, 0)
    assert AuditEvent.objects.get(event=Event.WARNING_CONFIRMED).user == alice
    assert Browser().password(alice).url == "/login/help/"


def test_warning_link_works_once(browser: Browser, alice: User, warning: str) -> None:
    browser.post(warning)
    challenges.blame(alice, alice.factors.all(), client=THIEF)
    assert browser.get(warning).status_code == 410
    assert browser.post(warning).status_code == 410
    assert counts(alice) == (1, 1)


def test_warning_link_lasts_a_day(
    browser: Browser, alice: User, warning: str, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=24, seconds=1))
    assert browser.post(warning).status_code == 410


@pytest.mark.parametrize("page", ["/password/reset/", "/me/email/"])
def test_warning_link_opens_no_other_page(
    browser: Browser, alice: User, warning: str, page: str
) -> None:
    assert browser.post(warning.replace("/me/warning/", page)).status_code == 410
    assert browser.get(warning.replace("/me/warning/", page)).status_code == 410


def test_other_links_do_not_open_warning(browser: Browser, alice: User, warning: str) -> None:
    browser.post("/password/forgot/", {"email": alice.email})
    body = OutboxMessage.objects.filter(body__contains="/password/reset/")[0].body
    reset = re.search(r"http://testserver(/password/reset/\S+)", body)[1]
    assert browser.post(reset.replace("/password/reset/", "/me/warning/")).status_code == 410
    assert counts(alice) == (5, 5)


def test_new_warning_is_sent_after_confirmation(
    browser: Browser, alice: User, warning: str
) -> None:
    browser.post(warning)
    for _ in range(5):
        challenges.blame(alice, alice.factors.all(), client=THIEF)
    assert AuditEvent.objects.filter(event=Event.CODES_GUESSED).count() == 2


def test_email_codes_work_again_after_confirmation(
    browser: Browser, alice: User, warning: str
) -> None:
    """LG-01: at a hundred wrong codes email codes are off too."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=MOST_WRONG_ANSWERS, wait_until=None)
    thief = Browser()
    thief.password(alice)
    assert "/login/verify/email/" not in thief.get("/login/verify/").content.decode()
    browser.post(warning)
    assert "/login/verify/email/" in thief.get("/login/verify/").content.decode()


def test_disabled_factor_stays_disabled(browser: Browser, alice: User, warning: str) -> None:
    alice.factors.update(wrong_answers=MOST_WRONG_ANSWERS - 1)
    challenges.blame(alice, alice.factors.all(), client=THIEF)
    browser.post(warning)
    assert not alice.factors.usable().exists()
