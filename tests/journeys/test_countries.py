"""Texts go to the countries of the policy, by region and in two levels (M06, PS-07)."""

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, OutboxMessage
from tests.conftest import give_phone, make_user
from tests.journeys.conftest import PHONE
from tests.portal_client import Browser, code

FRENCH = "+33612345678"
JERSEY = "+447797712345"
UNITED_STATES, JAMAICA = "+12025550123", "+18765551234"


def open_up(policy: AccountPolicy, *, enroll: str = "", texts: str = "") -> None:
    policy.enroll_countries, policy.text_countries = enroll.split(), texts.split()
    policy.save()


@pytest.fixture
def frances(policy: AccountPolicy) -> User:
    """Confirmed a French number before its country was closed."""
    user = make_user("frances@example.org")
    give_phone(user, FRENCH)
    return user


@pytest.mark.parametrize("number", [FRENCH, JAMAICA, UNITED_STATES])
def test_abroad_is_closed_by_default(enrolling: Browser, number: str) -> None:
    page = enrolling.post(PHONE, {"phone": number}).content.decode()
    assert "We do not send texts to numbers in" in page
    assert not OutboxMessage.objects.exists()


def test_the_home_country_comes_with_its_islands(enrolling: Browser) -> None:
    assert enrolling.post(PHONE, {"phone": JERSEY}).url == "/login/enroll/verify/"


def test_one_country_of_a_calling_code_opens_no_other(
    policy: AccountPolicy, enrolling: Browser
) -> None:
    """+1 is 25 countries."""
    open_up(policy, enroll="US")
    assert enrolling.post(PHONE, {"phone": JAMAICA}).status_code == 200
    assert enrolling.post(PHONE, {"phone": UNITED_STATES}).status_code == 302


def test_without_home_and_list_every_country_is_open_but_none_of_the_satellites(
    policy: AccountPolicy, enrolling: Browser
) -> None:
    policy.home_region = ""
    policy.save()
    assert enrolling.post(PHONE, {"phone": "+881612345678"}).status_code == 200
    assert enrolling.post(PHONE, {"phone": FRENCH}).status_code == 302


def test_a_change_of_number_is_bound_too(home: Browser) -> None:
    page = home.post("/me/phone/", {"phone": FRENCH}).content.decode()
    assert "We do not send texts to numbers in France." in page
    assert OutboxMessage.objects.count() == 1


def test_a_confirmed_number_logs_in_where_new_ones_may_not_be(
    browser: Browser, frances: User
) -> None:
    browser.log_in(frances)
    assert browser.signed_in


def test_a_confirmed_number_of_a_closed_country_gets_no_text(
    policy: AccountPolicy, browser: Browser, frances: User
) -> None:
    open_up(policy, enroll="GB", texts="DE")
    browser.password(frances)
    assert not OutboxMessage.objects.filter(channel="sms").exists()
    browser.post("/login/choose/", {"route": "email"})
    browser.post("/login/verify/", {"code": code(frances.email)})
    assert browser.signed_in


def test_with_no_way_left_the_help_page_says_so(
    policy: AccountPolicy, browser: Browser, frances: User
) -> None:
    """C19: and no password alone enrolls another phone."""
    policy.email_codes = "off"
    open_up(policy, texts="GB")
    assert browser.password(frances).url == "/login/help/"
    assert browser.get(PHONE).url == "/login/help/"


def test_the_first_list_is_part_of_the_second(
    policy: AccountPolicy, browser: Browser, frances: User
) -> None:
    open_up(policy, enroll="FR", texts="GB")
    browser.log_in(frances)
    assert browser.signed_in


def test_a_country_closed_while_a_code_is_out_gets_no_second_text(
    policy: AccountPolicy, clock, proving: Browser
) -> None:
    """The form has let the number pass; the verb has not."""
    clock.shift(31)
    open_up(policy, enroll="FR")
    response = proving.post("/login/verify/resend/")
    assert response.status_code == 429
    assert OutboxMessage.objects.filter(channel="sms").count() == 1
