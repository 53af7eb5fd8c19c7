"""Any one of the factors that a person set up is enough for the second step (E10)."""

import pytest

from accounts.models import User
from mfa.session_engine import ABOUT
from tests.authenticator import SECRET, give_app, shows
from tests.conftest import give_codes
from tests.passkeys import SECOND, answered, give_passkey
from tests.portal_client import Browser, code

CHOOSE, VERIFY = "/login/choose/", "/login/verify/"


def by_passkey(browser: Browser, alice: User, key, codes: list[str]):
    return answered(browser, key, SECOND)


def by_app(browser: Browser, alice: User, key, codes: list[str]):
    browser.post(CHOOSE, {"route": f"app-{alice.factors.get(kind='app').pk}"})
    return browser.post(VERIFY, {"code": shows(SECRET)})


def by_text(browser: Browser, alice: User, key, codes: list[str]):
    phone = alice.factors.get(kind="phone")
    browser.post(CHOOSE, {"route": f"sms-{phone.pk}"})
    return browser.post(VERIFY, {"code": code(phone.target)})


def by_email(browser: Browser, alice: User, key, codes: list[str]):
    browser.post(CHOOSE, {"route": "email"})
    return browser.post(VERIFY, {"code": code(alice.email)})


def by_recovery_code(browser: Browser, alice: User, key, codes: list[str]):
    return browser.post("/login/recovery-code/", {"code": codes[0]})


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("way", "aal"),
    [(by_passkey, 2), (by_app, 2), (by_text, 2), (by_email, 1), (by_recovery_code, 2)],
)
def test_any_one_of_the_factors_logs_in(browser: Browser, alice: User, way, aal: int) -> None:
    """With a passkey, an app, a phone and recovery codes. The others stay as they are."""
    give_app(alice)
    codes, key = give_codes(alice), give_passkey(alice)
    held = set(alice.factors.usable().values_list("kind", flat=True))
    assert held == {"phone", "app", "recovery_codes", "passkey"}
    alice.refresh_from_db()
    assert browser.password(alice).url == SECOND
    assert not browser.signed_in
    assert way(browser, alice, key, codes).url == "/"
    assert browser.signed_in
    assert browser.session[ABOUT]["aal"] == aal
    assert set(alice.factors.usable().values_list("kind", flat=True)) == held
