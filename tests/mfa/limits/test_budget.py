"""The daily budget of texts: exact, and separate for new and confirmed numbers."""

import pytest
from django.test import TestCase

from accounts.models import User
from mfa import challenges
from mfa.challenges import Target
from mfa.client import Client
from mfa.limits import budget, counters, table as limits
from mfa.messages import notices
from mfa.models import Delivery, Event, OutboxMessage, Reason, SitePolicy
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.portal_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Firefox")


def ask(user: User, number: str, *, purpose: Purpose) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        challenges.issue(
            User.objects.get(pk=user.pk),
            Target(channel=ChannelName.SMS, address=number),
            purpose=purpose,
            nonce="session",
            client=HERE,
        )


def used() -> list[int]:
    return list(counters.used(budget.pots(SitePolicy.load())).values())


@pytest.fixture
def tight(policy: SitePolicy) -> SitePolicy:
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
def test_texts_count_in_their_own_budget(bob: User, purpose: Purpose, counted: list[int]) -> None:
    ask(bob, "+447546123456", purpose=purpose)
    assert used() == counted


def test_notice_by_text_counts_as_verified_number(alice: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(Event.FACTOR_CHANGED, alice, numbers=["+447546123456"], new_ending="42")
    assert used() == [0, 1]


def test_emails_do_not_count(bob: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(Event.PASSWORD_CHANGED, bob)
    assert used() == [0, 0]


def test_worker_does_not_exceed_budget(tight: SitePolicy, alice: User, bob: User) -> None:
    """Whatever the requests let through: both were requested before either was sent."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        for user, number in ((alice, "+447546123456"), (bob, "+447797712345")):
            challenges.issue(
                user,
                Target(channel=ChannelName.SMS, address=number),
                purpose=Purpose.ENROLL,
                nonce="session",
                client=HERE,
            )
    assert OutboxMessage.objects.count() == 1
    held = Delivery.objects.get(state=Delivery.State.FAILED)
    assert held.reason == Reason.HELD_BACK


def test_new_numbers_do_not_use_up_login_budget(
    tight: SitePolicy, browser: Browser, alice: User, bob: User
) -> None:
    ask(bob, "+447546123456", purpose=Purpose.ENROLL)
    browser.log_in(alice)
    assert browser.signed_in


def test_login_over_budget_shows_reason_and_offers_email(
    tight: SitePolicy, browser: Browser, alice: User
) -> None:
    for _ in range(10):
        counters.count(limits.KNOWN_TEXTS.of("site"))
    browser.password(alice)
    page = browser.get("/login/verify/").content.decode()
    assert "texts are not available right now" in page
    assert "Send code to email" in page
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(("home", "names"), [("GB", 1), ("FR", 2), ("", 2)])
def test_foreign_country_counts_separately(policy: SitePolicy, home: str, names: int) -> None:
    policy.home_region = home
    assert len(budget.of_new("JE", policy)) == names


def test_default_budget_is_five_hundred(policy: SitePolicy) -> None:
    assert [use.limit.most for use in budget.pots(policy)] == [500, 5000]
    policy.texts_a_day = 20
    assert [use.limit.most for use in budget.pots(policy)] == [20, 200]
