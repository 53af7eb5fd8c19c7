"""Simulated SMS pumping: new accounts of a botnet log in, each from its own address.

`make test-all` uses 2,000 of them or runs for a day; `make test` uses as many as needed.

The pumping stops within the number of texts in docs/security.md, other people are unaffected, and
the alert names the prefix (PS-07).
"""

import logging
from collections.abc import Callable, Iterator
from random import Random

import pytest
import time_machine
from django.contrib.auth.hashers import make_password

from accounts.models import User
from mfa.models import Delivery, OutboxMessage, SendBlock, SitePolicy
from tests.conftest import NOON, give_phone, make_user
from tests.journeys.conftest import PHONE
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

DAY = 24 * 60 * 60
BLOCK, RANGE = "+447546123", "+44754612"
HONEST = "+447797712345"


@pytest.fixture
def abroad(policy: SitePolicy) -> SitePolicy:
    """France is open too."""
    policy.enroll_countries = ["GB", "FR"]
    policy.save()
    return policy


def bots(count: int) -> list[User]:
    """Accounts with valid passwords, controlled by fraudsters."""
    password = make_password(PASSWORD)
    people = [User(email=f"bot{n}@example.org", password=password) for n in range(count)]
    return User.objects.bulk_create(people)


def small_and_full(small: int, full: int) -> pytest.MarkDecorator:
    """How many accounts take part."""
    sizes = [small, pytest.param(full, marks=pytest.mark.full)]
    return pytest.mark.parametrize("accounts", sizes)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of lines tell nothing."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def run(bots: list[User], number: Callable[[int], str], clock, *, seconds: float) -> int:
    """Each bot logs in and requests a text to its own number, one after the other.

    Returns the texts that were sent for them.
    """
    for n, bot in enumerate(bots):
        clock.move_to(NOON.timestamp() + n * seconds / len(bots))
        browser = Browser(REMOTE_ADDR=f"198.{n // 250}.{n % 250}.7")
        assert browser.password(bot).url == PHONE
        browser.post(PHONE, {"phone": number(n)})
    return Delivery.objects.filter(channel="sms", user__email__startswith="bot").count()


def enroll_elsewhere(browser: Browser, number: str = HONEST) -> None:
    """A person in another block sets up a phone without a problem."""
    grace = make_user("grace@example.org")
    browser.password(grace)
    assert browser.post(PHONE, {"phone": number}).status_code == 302
    browser.post("/login/enroll/verify/", {"code": code(number)})
    assert grace.factors.usable().count() == 1


def subjects(root: User) -> set[str]:
    mails = OutboxMessage.objects.filter(target=root.email, channel="email")
    return set(mails.values_list("subject", flat=True))


@small_and_full(30, 200)
def test_burst_at_one_block_stops_after_five_texts(
    clock: time_machine.Traveller,
    root: User,
    browser: Browser,
    accounts: int,
) -> None:
    texts = run(bots(accounts), lambda n: f"{BLOCK}{n:03}", clock, seconds=3 * accounts)
    assert texts == 5
    assert subjects(root) == {f"Acme Portal: texts to new numbers stopped ({BLOCK}…)"}
    enroll_elsewhere(browser)


@small_and_full(60, 2_000)
def test_slow_run_at_one_prefix_gets_ten_texts_in_twelve_hours(
    clock: time_machine.Traveller,
    root: User,
    browser: Browser,
    other_browser: Browser,
    accounts: int,
) -> None:
    """Shuffled over ten thousand numbers, 2,000 a day."""
    tails = Random(7).sample(range(10_000), k=accounts)
    texts = run(
        bots(accounts), lambda n: f"{RANGE}{tails[n]:04}", clock, seconds=DAY / 2_000 * accounts
    )
    assert texts <= 20
    assert f"Acme Portal: texts to new numbers stopped ({RANGE}…)" in subjects(root)
    assert not SendBlock.objects.filter(scope="GB").exists()
    enroll_elsewhere(browser)
    neighbor = make_user("neighbor@example.org")
    give_phone(neighbor, f"{RANGE}0001")
    other_browser.log_in(neighbor)
    assert other_browser.signed_in


@small_and_full(60, 200)
def test_run_across_a_country_closes_only_that_country(
    clock: time_machine.Traveller,
    abroad: SitePolicy,
    root: User,
    browser: Browser,
    accounts: int,
) -> None:
    """A text every 20 seconds, each in its own range, with hardly any confirmed."""
    tails = Random(7).sample(range(10_000_000, 99_999_999), k=accounts)
    texts = run(bots(accounts), lambda n: f"+336{tails[n]}", clock, seconds=20 * accounts)
    assert texts <= 30
    assert "Acme Portal: texts to new numbers stopped (France)" in subjects(root)
    enroll_elsewhere(browser)


@small_and_full(30, 200)
def test_fastest_run_stays_within_daily_budget(
    clock: time_machine.Traveller,
    policy: SitePolicy,
    other_browser: Browser,
    alice: User,
    accounts: int,
) -> None:
    """All within a second, each from its own address and range, in the home country."""
    policy.texts_a_day = accounts // 4
    policy.save()
    tails = Random(7).sample(range(100_000, 999_999), k=accounts)
    texts = run(bots(accounts), lambda n: f"+447{400 + n % 100}{tails[n]}", clock, seconds=0)
    assert texts == policy.texts_a_day
    other_browser.log_in(alice)
    assert other_browser.signed_in
