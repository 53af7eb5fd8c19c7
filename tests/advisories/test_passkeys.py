"""Attacks on passkeys that other projects had, and those of WebAuthn Level 3 at every way in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.audit import NOWHERE
from mfa.factors.passkey.challenges import AUTOMATIC, draw, spend
from mfa.models import AuditEvent, Event, Factor
from mfa.models.passkeys import Passkey
from mfa.rules.routes import Purpose
from tests.passkeys import ADD, ENROLL, LOG_IN, SECOND, answered, asked, give_passkey, new_key
from tests.portal_client import Browser
from tests.security_key import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, SecurityKey

# One thing that is wrong with an answer of the right passkey to the right challenge
WRONG = {
    "another origin": {"origin": "http://evil.example"},
    "a subdomain": {"origin": "http://sub.testserver"},
    "https instead of http": {"origin": "https://testserver"},
    "another port": {"origin": "http://testserver:8000"},
    "a frame": {"cross_origin": True},
    "another page around it": {"top_origin": "http://evil.example"},
    "another site's passkey": {"site": "evil.example"},
    "a registration": {"type": "webauthn.create"},
    "no presence": {"flags": 0},
    "backup without being eligible": {"flags": PRESENT | VERIFIED | BACKED_UP},
    "newly eligible": {"flags": PRESENT | VERIFIED | ELIGIBLE},
    "another id": {"id": "AAAA"},
    "another signature": {"signature": b"no"},
    "another user handle": {"handle": bytes(64)},
    "an old counter": {"counter": 1},
    "not JSON": {"client": b"{"},
}


@pytest.fixture
def key(alice: User) -> SecurityKey:
    return give_passkey(alice)


def at(browser: Browser, alice: User, page: str) -> None:
    if page == SECOND:
        browser.password(alice)


@pytest.mark.parametrize("page", [LOG_IN, SECOND])
def test_answer_with_one_thing_wrong_never_logs_in(
    browser: Browser, alice: User, key: SecurityKey, page: str
) -> None:
    """X19, WA-03."""
    at(browser, alice, page)
    opened = {}
    for what, changes in WRONG.items():
        answer = answered(browser, key, page, **changes)
        if answer.status_code != 400 or browser.signed_in:
            opened[what] = answer.status_code
    assert opened == {}
    assert answered(browser, key, page).status_code == 302
    assert browser.signed_in


@pytest.mark.parametrize("page", [LOG_IN, SECOND])
def test_answer_works_once(browser: Browser, alice: User, key: SecurityKey, page: str) -> None:
    """WA-02: the same answer again, and another answer to the same challenge."""
    at(browser, alice, page)
    challenge = asked(browser, page)
    sent = {"credential": key.answer(challenge)}
    twin = Browser()
    twin.cookies.load({name: morsel.value for name, morsel in browser.cookies.items()})
    assert browser.post(page, sent).status_code == 302
    for replay in (sent, {"credential": key.answer(challenge)}):
        for who in (twin, Browser()):
            who.post(page, replay)
            assert not who.signed_in


def test_challenge_belongs_to_session_purpose_and_person(
    browser: Browser, alice: User, charlie: User, key: SecurityKey
) -> None:
    """WA-02: of another session, of the login page, of the second step, of a setup."""
    other = Browser()
    theirs = give_passkey(charlie)
    other.password(charlie)
    answered(other, theirs, SECOND)
    of_setup = asked(other, ADD)
    foreign = asked(Browser(), LOG_IN)
    alone = asked(browser, LOG_IN)
    browser.password(alice)
    second = asked(browser, SECOND)
    for challenge in (of_setup, foreign, alone):
        page = answered(browser, key, SECOND, challenge=challenge)
        assert page.status_code == 400
    assert answered(browser, key, LOG_IN, challenge=second).status_code == 400
    assert not browser.signed_in


def test_each_binding_of_a_challenge_counts(alice: User, charlie: User) -> None:
    """WA-02: only one of session, purpose and person differs, and the challenge stays open."""
    mine = {"nonce": "here", "purpose": Purpose.LOGIN, "user": alice}
    challenge = draw(**mine, client=NOWHERE)
    others = (
        {"nonce": "there"},
        {"purpose": Purpose.ENROLL},
        {"purpose": Purpose.STEP_UP},
        {"purpose": AUTOMATIC},
        {"user": charlie},
        {"user": None},
    )
    for other in others:
        assert spend(challenge, **{**mine, **other}) == b"", other
    assert spend(bytes(32), **mine) == b""
    assert spend(challenge, **mine) == challenge
    assert spend(challenge, **mine) == b""


def test_setup_takes_no_challenge_of_a_login(
    browser: Browser, alice: User, key: SecurityKey
) -> None:
    answered(browser, key, LOG_IN)
    new = new_key()
    challenge = asked(Browser(), LOG_IN)
    page = browser.post(ADD, {"credential": new.create(challenge), "name": ""})
    assert page.status_code == 400
    assert Passkey.objects.count() == 1


def test_passkey_of_another_person_is_no_second_step(
    browser: Browser, alice: User, charlie: User, key: SecurityKey
) -> None:
    """key6: not even with the right user handle or with alice's."""
    theirs = give_passkey(charlie)
    browser.password(alice)
    for changes in ({}, {"handle": key.handle}):
        page = answered(browser, theirs, SECOND, **changes)
        assert page.status_code == 400
    assert b"belongs to another account" in page.content
    assert not browser.signed_in


def test_failed_passkeys_of_strangers_cost_the_owner_nothing(
    browser: Browser, alice: User, key: SecurityKey
) -> None:
    """X12 (allauth 65.20.1): they count against the client's network alone."""
    stranger = Browser(REMOTE_ADDR="192.0.2.66")
    statuses = [answered(stranger, key, LOG_IN, signature=b"no").status_code for _ in range(51)]
    assert statuses == [400] * 50 + [429]
    alice.refresh_from_db()
    assert (alice.wrong_answers, alice.wait_until) == (0, None)
    assert alice.factors.get(kind="passkey").wrong_answers == 0
    assert AuditEvent.objects.filter(event=Event.PASSKEY_REFUSED).count() == 20
    assert answered(browser, key, LOG_IN).url == "/"


def test_lockout_after_wrong_codes_does_not_stop_a_passkey(
    browser: Browser, alice: User, key: SecurityKey
) -> None:
    """X12: someone with the stolen password cannot keep the owner out."""
    browser.blame(alice, 10)
    alice.refresh_from_db()
    assert alice.wait_until > timezone.now()
    owner = Browser()
    assert answered(owner, key, LOG_IN).url == "/"


def test_passkey_without_user_verification_never_stands_alone(
    browser: Browser, alice: User
) -> None:
    """X18 (allauth 65.21.1)."""
    key = give_passkey(alice, flags=PRESENT)
    assert answered(browser, key, LOG_IN).status_code == 400
    assert not browser.signed_in


def test_half_finished_login_registers_no_passkey(
    browser: Browser, alice: User, key: SecurityKey
) -> None:
    """X20 (miniOrange CVE-2026-111949)."""
    browser.password(alice)
    challenge = asked(browser, SECOND)
    new = new_key()
    for page in (ENROLL, ADD):
        for path in (page, f"{page}options/"):
            answer = browser.post(path, {"credential": new.create(challenge), "name": ""})
            assert answer.status_code == 302
    assert Factor.objects.filter(kind="passkey").count() == 1
    assert not browser.signed_in


def test_stale_session_adds_no_passkey(clock, browser: Browser, alice: User, key) -> None:
    """SS-08, fac5."""
    answered(browser, key, LOG_IN)
    options = asked(browser, ADD)
    clock.shift(timedelta(minutes=11))
    new = new_key()
    page = browser.post(ADD, {"credential": new.create(options), "name": ""})
    assert page.status_code == 302
    assert "/me/confirm/" in page.url
    assert Passkey.objects.count() == 1
