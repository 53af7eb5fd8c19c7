"""Texts go to the countries of the policy, by region and in two lists (M06, PS-07)."""

import pytest

from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from tests.conftest import give_phone, make_user
from tests.journeys.conftest import PHONE
from tests.portal_client import Browser, code

FRENCH = "+33612345678"
JERSEY = "+447797712345"
UNITED_STATES, JAMAICA = "+12025550123", "+18765551234"


def open_up(policy: SitePolicy, *, enroll: str = "", texts: str = "") -> None:
    policy.enroll_countries, policy.text_countries = enroll.split(), texts.split()
    policy.save()


@pytest.fixture
def frances(policy: SitePolicy) -> User:
    """A person who confirmed a French number before France was closed."""
    user = make_user("frances@example.org")
    give_phone(user, FRENCH)
    return user


@pytest.mark.parametrize("number", [FRENCH, JAMAICA, UNITED_STATES])
def test_foreign_countries_are_closed_by_default(enrolling: Browser, number: str) -> None:
    page = enrolling.post(PHONE, {"phone": number}).content.decode()
    assert "Country not supported:" in page
    assert not OutboxMessage.objects.exists()


def test_home_country_includes_its_islands(enrolling: Browser) -> None:
    assert enrolling.post(PHONE, {"phone": JERSEY}).url == "/login/enroll/verify/"


def test_country_does_not_include_others_with_same_calling_code(
    policy: SitePolicy, enrolling: Browser
) -> None:
    """25 countries share +1."""
    open_up(policy, enroll="US")
    assert enrolling.post(PHONE, {"phone": JAMAICA}).status_code == 200
    assert enrolling.post(PHONE, {"phone": UNITED_STATES}).status_code == 302


def test_policy_without_home_country_allows_all_countries_but_no_satellites(
    policy: SitePolicy, enrolling: Browser
) -> None:
    policy.home_region = ""
    policy.save()
    assert enrolling.post(PHONE, {"phone": "+881612345678"}).status_code == 200
    assert enrolling.post(PHONE, {"phone": FRENCH}).status_code == 302


def test_countries_apply_to_change_of_number(home: Browser) -> None:
    page = home.post("/me/phone/", {"phone": FRENCH}).content.decode()
    assert "Country not supported: France." in page
    assert OutboxMessage.objects.count() == 1


def test_confirmed_number_logs_in_if_new_ones_are_closed(browser: Browser, frances: User) -> None:
    browser.log_in(frances)
    assert browser.signed_in


def test_confirmed_number_of_closed_country_gets_no_text(
    policy: SitePolicy, browser: Browser, frances: User
) -> None:
    open_up(policy, enroll="GB", texts="DE")
    browser.password(frances)
    assert not OutboxMessage.objects.filter(channel="sms").exists()
    browser.post("/login/choose/", {"route": "email"})
    browser.post("/login/verify/", {"code": code(frances.email)})
    assert browser.signed_in


def test_help_page_shows_that_no_method_is_left(
    policy: SitePolicy, browser: Browser, frances: User
) -> None:
    """C19: and the password is not enough to enroll another phone."""
    policy.email_codes = "off"
    open_up(policy, texts="GB")
    assert browser.password(frances).url == "/login/help/"
    assert browser.get(PHONE).url == "/login/help/"


def test_enroll_countries_are_text_countries(
    policy: SitePolicy, browser: Browser, frances: User
) -> None:
    open_up(policy, enroll="FR", texts="GB")
    browser.log_in(frances)
    assert browser.signed_in


def test_closed_country_gets_no_second_text(policy: SitePolicy, clock, proving: Browser) -> None:
    """The form accepted the number, but sending it is refused."""
    clock.shift(31)
    open_up(policy, enroll="FR")
    response = proving.post("/login/verify/resend/")
    assert response.status_code == 429
    assert OutboxMessage.objects.filter(channel="sms").count() == 1
