"""Passkeys that browsers make automatically: only right after a second factor."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy
from tests.conftest import give_codes
from tests.passkeys import ADD, LOG_IN, answered, give_passkey, new_key
from tests.portal_client import Browser, code
from tests.security_key import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, SecurityKey, decode

AUTOMATIC, NUDGE = "/me/security/passkey/automatic/", "/me/security/nudge/"
SYNCED = ELIGIBLE | BACKED_UP

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def alice(alice: User) -> User:
    """Alice, who set up her phone long ago."""
    alice.factors.update(confirmed_at=timezone.now() - timedelta(days=90))
    return alice


def key_without_touch(**values: object) -> SecurityKey:
    return new_key(**{"flags": SYNCED, "counter": None, **values})


def options(browser: Browser, page: str = AUTOMATIC) -> dict:
    return browser.post(f"{page}options/").json()


def make(browser: Browser, key: SecurityKey, *, page: str = AUTOMATIC, asked: str = AUTOMATIC):
    """Answer the options of `asked` on a page."""
    given = options(browser, asked)
    key.handle = decode(given["user"]["id"])
    return browser.post(page, {"credential": key.create(decode(given["challenge"]))})


def is_offered(browser: Browser) -> bool:
    return browser.post(f"{AUTOMATIC}options/").status_code == 200


def test_browser_makes_a_passkey_right_after_a_login(browser: Browser, alice: User) -> None:
    """Nobody touched anything for it. The owner gets the usual notice, and it logs in."""
    browser.log_in(alice)
    key = key_without_touch()
    OutboxMessage.objects.all().delete()
    assert make(browser, key).status_code == 204
    assert browser.signed_in
    told = OutboxMessage.objects.filter(body__contains="passkey")
    assert {message.channel for message in told} == {"sms", "email"}
    assert AuditEvent.objects.filter(event=Event.PASSKEY_ADDED).count() == 1
    browser.post("/logout/")
    assert answered(browser, key, LOG_IN, flags=PRESENT | VERIFIED | SYNCED).url == "/"


def test_passkey_made_by_hand_still_needs_a_touch(browser: Browser, alice: User) -> None:
    """Neither the other page nor the other challenge lets it pass."""
    browser.log_in(alice)
    for page, asked in ((ADD, ADD), (ADD, AUTOMATIC), (AUTOMATIC, ADD)):
        assert make(browser, key_without_touch(), page=page, asked=asked).status_code == 400
    assert not alice.factors.filter(kind="passkey").exists()


def test_login_still_needs_a_touch(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    key = key_without_touch()
    make(browser, key)
    browser.post("/logout/")
    assert answered(browser, key, LOG_IN, flags=VERIFIED | SYNCED).status_code == 400
    assert answered(browser, key, LOG_IN, flags=PRESENT | SYNCED).status_code == 400
    assert not browser.signed_in


def test_other_things_wrong_are_refused(browser: Browser, alice: User, charlie: User) -> None:
    browser.log_in(alice)
    for wrong in ("origin", "site"):
        key = key_without_touch()
        setattr(key, wrong, "https://portal.example")
        assert make(browser, key).status_code == 400
    taken = give_passkey(charlie)
    assert make(browser, taken).status_code == 400
    challenge = decode(options(browser)["challenge"])
    other = Browser()
    charlie.factors.update(confirmed_at=timezone.now() - timedelta(days=90))
    charlie.factors.filter(kind="passkey").delete()
    other.log_in(charlie)
    stolen = {"credential": key_without_touch().create(challenge)}
    assert other.post(AUTOMATIC, stolen).status_code == 400
    assert not Factor.objects.filter(kind="passkey").exists()


@pytest.mark.parametrize(("minutes", "offered"), [(9.9, True), (10.1, False)])
def test_second_factor_counts_for_ten_minutes(
    clock, browser: Browser, alice: User, *, minutes: float, offered: bool
) -> None:
    """The server checks it again when the passkey arrives."""
    browser.log_in(alice)
    given = options(browser)
    clock.shift(timedelta(minutes=minutes))
    assert is_offered(browser) is offered
    key = key_without_touch(handle=decode(given["user"]["id"]))
    sent = browser.post(AUTOMATIC, {"credential": key.create(decode(given["challenge"]))})
    # The challenge itself is valid for five minutes.
    assert sent.status_code == (400 if offered else 403)


def no_answer(browser: Browser, alice: User) -> None:
    browser.password(alice)


def email_code(browser: Browser, alice: User) -> None:
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in


def recovery_code(browser: Browser, alice: User) -> None:
    codes = give_codes(alice)
    alice.factors.update(confirmed_at=timezone.now() - timedelta(days=90))
    browser.password(alice)
    browser.post("/login/recovery-code/", {"code": codes[0]})
    assert browser.signed_in


def declined(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post(NUDGE, {"answer": "never"})


def put_off(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post(NUDGE, {"answer": "later"})


def new_phone(browser: Browser, alice: User) -> None:
    alice.factors.update(confirmed_at=timezone.now() - timedelta(minutes=9))
    browser.log_in(alice)


def after_reset(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    until = timezone.now() + timedelta(hours=1)
    User.objects.filter(pk=alice.pk).update(mailbox_rests_until=until)


def new_email(browser: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now())
    browser.log_in(alice)


def has_one(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    give_passkey(alice)


def not_allowed(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    SitePolicy.note(methods=["phone", "app"])


def paused(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    SitePolicy.note(enabled=False)


@pytest.mark.parametrize(
    "state",
    [
        no_answer,
        email_code,
        recovery_code,
        declined,
        put_off,
        new_phone,
        after_reset,
        new_email,
        has_one,
        not_allowed,
        paused,
    ],
)
def test_browser_may_not_make_one(browser: Browser, alice: User, state) -> None:
    """Not before the login, in a recovery, after a refusal, or against the policy."""
    state(browser, alice)
    before = alice.factors.filter(kind="passkey").count()
    assert not is_offered(browser)
    sent = browser.post(AUTOMATIC, {"credential": "{}"})
    assert sent.status_code == (302 if state is no_answer else 403)
    assert alice.factors.filter(kind="passkey").count() == before
