"""Pages of passkeys: setup, second step, step-up, and what a refusal says."""

from accounts.models import User
from mfa.models import Factor, OutboxMessage
from tests.passkeys import ADD, ENROLL, LOG_IN, SECOND, answered, asked, give_passkey, new_key
from tests.portal_client import Browser


def test_passkey_is_added_and_logs_in_as_second_step(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert browser.get(ADD).status_code == 200
    options = browser.post(f"{ADD}options/").json()
    key = new_key()
    from tests.security_key import decode

    key.handle = decode(options["user"]["id"])
    page = browser.post(ADD, {"credential": key.create(decode(options["challenge"])), "name": ""})
    assert page.url == "/me/security/?done=passkey"
    factor = Factor.objects.get(kind="passkey")
    assert (factor.user, factor.passkey.credential_id) == (alice, key.credential_id)
    assert browser.get("/me/security/").status_code == 200
    browser.post("/logout/")
    OutboxMessage.objects.all().delete()
    alice.refresh_from_db()
    page = browser.password(alice)
    assert page.url == SECOND
    assert not OutboxMessage.objects.exists()
    assert browser.get(SECOND).status_code == 200
    page = answered(browser, key, SECOND)
    assert page.url == "/"
    assert browser.signed_in


def test_passkey_alone_logs_in(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    page = answered(browser, key, LOG_IN, next="/me/")
    assert page.url == "/me/"
    assert browser.signed_in


def test_first_passkey_is_set_up_at_the_login(browser: Browser, bob: User) -> None:
    browser.password(bob)
    key = new_key()
    assert "Set up a passkey" in browser.get(ENROLL).content.decode()
    page = browser.post(ENROLL, {"credential": key.create(asked(browser, ENROLL)), "name": "Key"})
    assert page.url.startswith("/login/?notice=passkey"), page.content.decode()
    assert bob.factors.get().name == "Key"
