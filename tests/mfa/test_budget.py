"""The budget: exact, new and confirmed numbers apart."""

import pytest
from django.test import TestCase

from accounts.models import User
from mfa import budget, challenges, counters, limits, notices
from mfa.challenges import Target
from mfa.models import AccountPolicy, Delivery, Event, OutboxMessage, Purpose, Reason
from mfa.origin import Origin
from mfa.rules.routes import ChannelName
from tests.portal_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Origin("198.51.100.1", "Firefox")


def ask(user: User, number: str, *, purpose: Purpose) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        challenges.issue(
            User.objects.get(pk=user.pk),
            Target(channel=ChannelName.SMS, address=number),
            purpose=purpose,
            nonce="session",
            origin=HERE,
        )


def used() -> list[int]:
    return list(counters.used(budget.pots(AccountPolicy.load())).values())


@pytest.fixture
def tight(policy: AccountPolicy) -> AccountPolicy:
    """One text a day to new numbers, ten to confirmed ones."""
    policy.texts_a_day = 1
    policy.save()
    return policy


@pytest.mark.parametrize(
    ("purpose", "counted"),
    [
        (Purpose.ENROLL, [1, 0]),
        (Purpose.CHANGE, [1, 0]),
        (Purpose.TEST, [1, 0]),
        (Purpose.LOGIN, [0, 1]),
    ],
)
def test_each_text_counts_in_its_own_pot(bob: User, purpose: Purpose, counted: list[int]) -> None:
    ask(bob, "+447546123456", purpose=purpose)
    assert used() == counted


def test_a_notice_by_text_counts_as_one_to_a_confirmed_number(alice: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(Event.FACTOR_CHANGED, alice, old_number="+447546123456", new_ending="42")
    assert used() == [0, 1]


def test_mails_cost_nothing(bob: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(Event.PASSWORD_CHANGED, bob)
    assert used() == [0, 0]


def test_the_worker_sends_no_text_too_many(tight: AccountPolicy, alice: User, bob: User) -> None:
    """Whatever the requests let pass: both were asked before either was sent."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        for user, number in ((alice, "+447546123456"), (bob, "+447797712345")):
            challenges.issue(
                user,
                Target(channel=ChannelName.SMS, address=number),
                purpose=Purpose.ENROLL,
                nonce="session",
                origin=HERE,
            )
    assert OutboxMessage.objects.count() == 1
    held = Delivery.objects.get(state=Delivery.State.FAILED)
    assert held.reason == Reason.HELD_BACK


def test_new_numbers_never_use_up_what_logins_need(
    tight: AccountPolicy, browser: Browser, alice: User, bob: User
) -> None:
    ask(bob, "+447546123456", purpose=Purpose.ENROLL)
    browser.log_in(alice)
    assert browser.signed_in


def test_a_login_beyond_the_day_s_texts_says_so_and_offers_the_mailbox(
    tight: AccountPolicy, browser: Browser, alice: User
) -> None:
    for _ in range(10):
        counters.count(limits.KNOWN_TEXTS.of("site"))
    browser.password(alice)
    page = browser.get("/login/verify/").content.decode()
    assert "texts are not available right now" in page
    assert "Send code to email" in page
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(("home", "names"), [("GB", 1), ("FR", 2), ("", 2)])
def test_a_country_abroad_counts_apart(policy: AccountPolicy, home: str, names: int) -> None:
    policy.home_region = home
    assert len(budget.of_new("JE", policy)) == names


def test_the_budget_is_five_hundred_where_none_is_set(policy: AccountPolicy) -> None:
    assert [use.limit.most for use in budget.pots(policy)] == [500, 5000]
    policy.texts_a_day = 20
    assert [use.limit.most for use in budget.pots(policy)] == [20, 200]
