"""Trusted browsers in parallel: used and removed at once, trusted twice, and beside changes."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.people import passwords
from mfa import factors
from mfa.audit import NOWHERE
from mfa.models import Session, SitePolicy, TrustedBrowser
from mfa.sessions import trust
from tests.portal_client import PASSWORD, Browser, code
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

VERIFY = "/login/verify/"
NUMBER = "+447700900201"
NEW = "seven quiet unrelated harbours"
ROUNDS = 6


@pytest.fixture
def allowed(policy: SitePolicy) -> None:
    SitePolicy.note(trust_browser_days=14)


def answering(user: User, browser: Browser) -> Callable[[], bool]:
    """Return a click on "Verify Code" with the tick."""
    browser.password(user)
    sent = {"code": code(NUMBER), "trust": "on"}

    def click() -> bool:
        browser.post(VERIFY, sent)
        return browser.signed_in

    return click


def trusting(user: User, browser: Browser) -> Browser:
    """Trust a browser, and log out."""
    assert answering(user, browser)()
    browser.post("/logout/")
    return browser


def entering(user: User, browser: Browser, password: str = PASSWORD) -> Callable[[], bool]:
    """Return a login in a trusted browser, which tells whether the password was enough."""

    def enter() -> bool:
        browser.password(user, password)
        return browser.signed_in

    return enter


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_login_and_removal_at_once_leave_no_trust(allowed: None, alice: User, _round: int) -> None:
    """The login comes first and stays logged in, or it comes second and asks."""
    browser = trusting(alice, Browser())
    enter = entering(alice, browser)
    entered, removed = at_once([enter, lambda: trust.remove_all(alice, client=NOWHERE)])
    assert removed == 1
    assert not TrustedBrowser.objects.exists()
    assert Session.objects.filter(user=alice, aal=1).count() == int(entered)
    browser.post("/logout/")
    assert not enter()


def test_two_browsers_trusted_at_once_both_count(allowed: None, alice: User) -> None:
    """Neither login drops the other's trust."""
    browsers = [Browser(), Browser()]
    given = at_once([answering(alice, each) for each in browsers])
    assert given == [True, True]
    assert TrustedBrowser.objects.count() == 2
    for browser in browsers:
        browser.post("/logout/")
        assert entering(alice, browser)()


def test_eight_clicks_with_one_code_trust_once(allowed: None, alice: User) -> None:
    browser = Browser()
    browser.password(alice)
    tabs = [Browser() for _ in range(8)]
    for tab in tabs:
        tab.cookies.load({name: one.value for name, one in browser.cookies.items()})
    sent = {"code": code(NUMBER), "trust": "on"}
    at_once([lambda tab=tab: tab.post(VERIFY, sent) for tab in tabs])
    assert TrustedBrowser.objects.count() == 1
    assert sum(trust.cookie_name() in tab.cookies for tab in tabs) == 1
    assert Session.objects.filter(user=alice, aal=2).count() == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_login_beside_password_change_opens_nothing_afterwards(
    allowed: None, alice: User, _round: int
) -> None:
    """With the old password and the trust. Both end with the change."""
    browser = trusting(alice, Browser())

    def change() -> bool:
        with transaction.atomic():
            person = User.objects.select_for_update(no_key=True).get(pk=alice.pk)
            passwords.store(person, NEW)
        return True

    at_once([entering(alice, browser), change])
    assert browser.get("/me/").status_code == 302
    assert not entering(alice, browser, NEW)()
    assert not trust.live_of(User.objects.get(pk=alice.pk), timezone.now()).exists()


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_browser_trusted_beside_new_factor_is_not_trusted(
    allowed: None, alice: User, _round: int
) -> None:
    """The trust is from before the change, or the login itself ended."""
    browser = Browser()
    click = answering(alice, browser)
    person = User.objects.get(pk=alice.pk)

    def add() -> bool:
        return factors.add_phone(person, "+447700900299", client=NOWHERE)

    clicked, added = at_once([click, add])
    assert added
    mine = trust.live_of(User.objects.get(pk=alice.pk), timezone.now())
    browser.post("/logout/")
    assert entering(alice, browser)() is mine.exists()
    assert not mine.exists() or clicked
