"""A simulated pumping run: 2,000 fresh accounts of a botnet log in, each from its own address.

Shown: it stops within the number of texts that docs/security.md states, people elsewhere are
untouched, and the alert names the prefix (PS-07).
"""

import logging
from collections.abc import Callable, Iterator
from random import Random

import pytest
import time_machine
from django.contrib.auth.hashers import make_password

from accounts.models import User
from mfa.models import AccountPolicy, Brake, Delivery, OutboxMessage
from tests.conftest import NOON, give_phone, make_user
from tests.journeys.conftest import PHONE
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

ACCOUNTS = 2_000
DAY = 24 * 60 * 60
BLOCK, RANGE = "+447546123", "+44754612"
HONEST = "+447797712345"


@pytest.fixture
def abroad(policy: AccountPolicy) -> AccountPolicy:
    """France is open too."""
    policy.enroll_countries = ["GB", "FR"]
    policy.save()
    return policy


@pytest.fixture
def bots(policy: AccountPolicy) -> list[User]:
    """Accounts whose passwords are right: the till stands behind them."""
    password = make_password(PASSWORD)
    people = [User(email=f"bot{n}@example.org", password=password) for n in range(ACCOUNTS)]
    return User.objects.bulk_create(people)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of lines tell nothing."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def run(bots: list[User], number: Callable[[int], str], clock, *, seconds: float) -> int:
    """Let each bot log in and ask for a text to a number of its own, one after the other.

    Returns the texts that left for them.
    """
    for n, bot in enumerate(bots):
        clock.move_to(NOON.timestamp() + n * seconds / len(bots))
        browser = Browser(REMOTE_ADDR=f"198.{n // 250}.{n % 250}.7")
        assert browser.password(bot).url == PHONE
        browser.post(PHONE, {"phone": number(n)})
    return Delivery.objects.filter(channel="sms", user__email__startswith="bot").count()


def enroll_elsewhere(browser: Browser, number: str = HONEST) -> None:
    """A person in another block sets up a phone, as if nothing happened."""
    grace = make_user("grace@example.org")
    browser.password(grace)
    assert browser.post(PHONE, {"phone": number}).status_code == 302
    browser.post("/login/enroll/verify/", {"code": code(number)})
    assert grace.factors.usable().count() == 1


def subjects(root: User) -> set[str]:
    mails = OutboxMessage.objects.filter(target=root.email, channel="email")
    return set(mails.values_list("subject", flat=True))


def test_a_burst_at_one_block_stops_after_five_texts(
    clock: time_machine.Traveller, bots: list[User], root: User, browser: Browser
) -> None:
    texts = run(bots[:200], lambda n: f"{BLOCK}{n:03}", clock, seconds=600)
    assert texts == 5
    assert subjects(root) == {f"Acme Portal: no texts to new numbers {BLOCK}…"}
    enroll_elsewhere(browser)


def test_a_slow_run_at_one_prefix_gets_ten_texts_in_twelve_hours(
    clock: time_machine.Traveller,
    bots: list[User],
    root: User,
    browser: Browser,
    other_browser: Browser,
) -> None:
    """All 2,000, shuffled over ten thousand numbers and a whole day."""
    tails = Random(7).sample(range(10_000), k=ACCOUNTS)
    texts = run(bots, lambda n: f"{RANGE}{tails[n]:04}", clock, seconds=DAY)
    assert texts <= 20
    assert f"Acme Portal: no texts to new numbers {RANGE}…" in subjects(root)
    assert not Brake.objects.filter(scope="GB").exists()
    enroll_elsewhere(browser)
    neighbor = make_user("neighbor@example.org")
    give_phone(neighbor, f"{RANGE}0001")
    other_browser.log_in(neighbor)
    assert other_browser.signed_in


def test_a_run_over_a_whole_country_closes_that_country_alone(
    clock: time_machine.Traveller,
    abroad: AccountPolicy,
    bots: list[User],
    root: User,
    browser: Browser,
) -> None:
    """A text each 20 seconds, each in a range of its own, until hardly any was typed back."""
    tails = Random(7).sample(range(10_000_000, 99_999_999), k=ACCOUNTS)
    texts = run(bots[:200], lambda n: f"+336{tails[n]}", clock, seconds=4_000)
    assert texts <= 30
    assert "Acme Portal: no texts to new numbers in France" in subjects(root)
    enroll_elsewhere(browser)


def test_the_fastest_run_costs_no_more_than_the_day_s_budget(
    clock: time_machine.Traveller,
    policy: AccountPolicy,
    bots: list[User],
    other_browser: Browser,
    alice: User,
) -> None:
    """All at the same second, each from an address and in a range of its own, at home."""
    policy.texts_a_day = 50
    policy.save()
    tails = Random(7).sample(range(100_000, 999_999), k=ACCOUNTS)
    texts = run(bots[:200], lambda n: f"+447{400 + n % 100}{tails[n]}", clock, seconds=0)
    assert texts == 50
    other_browser.log_in(alice)
    assert other_browser.signed_in
