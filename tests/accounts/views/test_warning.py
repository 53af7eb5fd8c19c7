"""The mailed warning about wrong codes, which its owner confirms (S22, LG-01)."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa import answers
from mfa.answers import MOST_WRONG_ANSWERS
from mfa.models import AuditEvent, Event, OutboxMessage
from mfa.origin import Origin
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

THIEF = Origin("198.51.100.1", "Firefox")


@pytest.fixture
def warning(browser: Browser, alice: User) -> str:
    """The address in the mail after a thief's fifth wrong code."""
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


def test_looking_at_it_changes_nothing(browser: Browser, alice: User, warning: str) -> None:
    page = browser.get(warning)
    assert "It was me" in page.content.decode()
    assert counts(alice) == (5, 5)


def test_confirming_it_clears_the_counts_and_not_the_lockout(
    browser: Browser, alice: User, warning: str
) -> None:
    answer = browser.post(warning)
    assert answer.url == "/login/?notice=warning"
    assert "We no longer count those wrong codes." in browser.get(answer.url).content.decode()
    assert counts(alice) == (0, 0)
    assert AuditEvent.objects.get(event=Event.WARNING_CONFIRMED).user == alice
    assert Browser().password(alice).url == "/login/help/"


def test_it_works_once(browser: Browser, alice: User, warning: str) -> None:
    browser.post(warning)
    answers.blame(alice, alice.factors.all(), origin=THIEF)
    assert browser.get(warning).status_code == 410
    assert browser.post(warning).status_code == 410
    assert counts(alice) == (1, 1)


def test_it_lives_for_a_day(
    browser: Browser, alice: User, warning: str, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=24, seconds=1))
    assert browser.post(warning).status_code == 410


@pytest.mark.parametrize("page", ["/password/reset/", "/me/email/"])
def test_it_opens_no_other_page(browser: Browser, alice: User, warning: str, page: str) -> None:
    assert browser.post(warning.replace("/me/warning/", page)).status_code == 410
    assert browser.get(warning.replace("/me/warning/", page)).status_code == 410


def test_no_other_link_opens_it(browser: Browser, alice: User, warning: str) -> None:
    browser.post("/password/forgot/", {"email": alice.email})
    body = OutboxMessage.objects.filter(body__contains="/password/reset/")[0].body
    reset = re.search(r"http://testserver(/password/reset/\S+)", body)[1]
    assert browser.post(reset.replace("/password/reset/", "/me/warning/")).status_code == 410
    assert counts(alice) == (5, 5)


def test_a_new_warning_comes_after_it(browser: Browser, alice: User, warning: str) -> None:
    browser.post(warning)
    for _ in range(5):
        answers.blame(alice, alice.factors.all(), origin=THIEF)
    assert AuditEvent.objects.filter(event=Event.CODES_GUESSED).count() == 2


def test_confirmed_mailbox_is_a_way_again(browser: Browser, alice: User, warning: str) -> None:
    """LG-01: at a hundred wrong codes the mailbox rests, too."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=MOST_WRONG_ANSWERS, wait_until=None)
    thief = Browser()
    thief.password(alice)
    assert "/login/verify/email/" not in thief.get("/login/verify/").content.decode()
    browser.post(warning)
    assert "/login/verify/email/" in thief.get("/login/verify/").content.decode()


def test_disabled_factor_stays_disabled(browser: Browser, alice: User, warning: str) -> None:
    alice.factors.update(wrong_answers=MOST_WRONG_ANSWERS - 1)
    answers.blame(alice, alice.factors.all(), origin=THIEF)
    browser.post(warning)
    assert not alice.factors.usable().exists()
