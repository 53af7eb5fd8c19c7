"""Attacks on ways to log in that change: two tabs, the back button, and a policy that switches."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.organizations import details
from mfa.audit import NOWHERE
from mfa.models import Factor, OutboxMessage, SitePolicy, Status, TrustedBrowser
from mfa.sessions import trust
from tests.authenticator import SECRET, give_app, shows
from tests.conftest import give_codes
from tests.mfa.views.test_app import secret_on
from tests.mfa.views.test_recovery import shown
from tests.organizations import join, organization, settings
from tests.passkeys import ENROLL, SECOND, answered, asked, give_passkey, new_key
from tests.portal_client import PASSWORD, Browser, code
from tests.security_key import SecurityKey, decode
from tests.stations import mailed_link

pytestmark = pytest.mark.usefixtures("clock")

VERIFY, CHOOSE, MAILBOX = "/login/verify/", "/login/choose/", "/login/mailbox/"
DONE, SECURITY = "/login/enroll/done/", "/me/security/"
NUMBER = "+447700900201"


def by_text(browser: Browser, user: User) -> str:
    """Choose the text beside a passkey, and return its code."""
    phone = user.factors.usable().get(kind="phone")
    browser.post(CHOOSE, {"route": f"sms-{phone.pk}"})
    return code(NUMBER)


# `weaker_ways` changes to "refuse" while a code by text is on its way.


def at_login(browser: Browser, user: User) -> str:
    browser.password(user)
    return by_text(browser, user)


def at_reset(browser: Browser, user: User) -> str:
    browser.post("/password/forgot/", {"email": user.email})
    uid, token = mailed_link()
    browser.post(f"/password/reset/{uid}/{token}/")
    return by_text(browser, user)


@pytest.mark.parametrize("begin", [at_login, at_reset])
def test_code_of_refused_method_opens_nothing(
    begin: Callable[[Browser, User], str], browser: Browser, alice: User
) -> None:
    """PS-09: neither by the open page, nor by any other address, nor after coming back."""
    key = give_passkey(alice)
    typed = begin(browser, alice)
    SitePolicy.note(weaker_ways="refuse")
    phone = alice.factors.get(kind="phone")
    sent = OutboxMessage.objects.count()
    for path, form in (
        (VERIFY, {"code": typed}),
        (VERIFY, {"code": typed, "trust": "on"}),
        ("/login/verify/resend/", {}),
        ("/login/verify/email/", {}),
        (CHOOSE, {"route": f"sms-{phone.pk}"}),
        (VERIFY, {"code": typed}),
        ("/login/recovery-code/", {"code": typed}),
        ("/login/continue/", {}),
    ):
        browser.post(path, form)
        assert not browser.signed_in, path
        assert "mfa_reset" not in browser.session, path
    assert OutboxMessage.objects.count() == sent
    assert browser.get("/me/").url.startswith("/login/")
    # The passkey still answers, in the same flow.
    assert answered(browser, key, SECOND).status_code == 302


def test_code_of_refused_method_confirms_no_step_up(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    key = give_passkey(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": by_text(browser, alice)})
    assert browser.signed_in
    clock.shift(timedelta(minutes=11))
    browser.post("/me/confirm/", {"next": "/me/email/", "password": PASSWORD})
    typed = by_text(browser, alice)
    SitePolicy.note(weaker_ways="refuse")
    browser.post(VERIFY, {"code": typed})
    assert browser.get("/me/email/").url.startswith("/me/confirm/")
    answered(browser, key, SECOND)
    assert browser.get("/me/email/").status_code == 200


def test_trusted_browser_ends_with_weaker_methods(browser: Browser, alice: User) -> None:
    """The trust is from a text, which a passkey's owner can no longer use."""
    SitePolicy.note(trust_browser_days=14)
    key = give_passkey(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": by_text(browser, alice), "trust": "on"})
    assert TrustedBrowser.objects.count() == 1
    browser.post("/logout/")
    SitePolicy.note(weaker_ways="refuse")
    browser.password(alice)
    assert not browser.signed_in
    answered(browser, key, SECOND, next="/")
    assert browser.signed_in


def test_recovery_code_still_logs_in_where_weaker_methods_are_refused(
    browser: Browser, alice: User
) -> None:
    give_passkey(alice)
    saved = give_codes(alice)
    at_login(browser, alice)
    SitePolicy.note(weaker_ways="refuse")
    browser.post("/login/recovery-code/", {"code": saved[0]})
    assert browser.signed_in


# Trusted browsers


@pytest.fixture
def allowed(policy: SitePolicy) -> None:
    SitePolicy.note(trust_browser_days=14)


def test_back_button_after_the_tick_trusts_nothing_again(
    allowed: None, browser: Browser, alice: User
) -> None:
    """The page with the used code is sent again: logged in, and after the trust was removed."""
    browser.password(alice)
    sent = {"code": code(NUMBER), "trust": "on"}
    browser.post(VERIFY, sent)
    browser.post(VERIFY, sent)
    assert TrustedBrowser.objects.count() == 1
    trust.remove_all(alice, client=NOWHERE)
    browser.post(VERIFY, sent)
    browser.post("/logout/")
    browser.password(alice)
    browser.post(VERIFY, sent)
    assert not browser.signed_in
    assert not TrustedBrowser.objects.exists()


def test_tick_of_one_person_never_counts_for_the_next(
    allowed: None, browser: Browser, alice: User, charlie: User
) -> None:
    """One browser, two tabs: Charlie's password replaces Alice's open login."""
    browser.password(alice)
    hers = code(NUMBER)
    browser.password(charlie)
    browser.post(VERIFY, {"code": hers, "trust": "on"})
    assert not browser.signed_in
    browser.post(VERIFY, {"code": code("+447700900203")})
    assert browser.signed_in
    assert not TrustedBrowser.objects.exists()


def test_browser_trusted_at_a_login_that_makes_codes_is_trusted(
    allowed: None, browser: Browser, alice: User
) -> None:
    """The new codes raise the epoch after the tick, and belong to the same login."""
    SitePolicy.note(backup=True)
    browser.password(alice)
    assert browser.post(VERIFY, {"code": code(NUMBER), "trust": "on"}).url == DONE
    assert not TrustedBrowser.objects.exists()
    browser.post(DONE, {"make": "codes"})
    browser.post(DONE)
    browser.post("/logout/")
    browser.password(alice)
    assert browser.signed_in
    alice.factors.filter(kind="recovery_codes").update(status=Status.REVOKED)
    browser.post("/logout/")
    browser.password(alice)
    assert not browser.signed_in


def test_organization_that_moves_and_comes_back_ends_the_trust(
    allowed: None, browser: Browser, alice: User, root: User
) -> None:
    """TB-02: another partner's rules applied in between."""
    partners = organization("Calm"), organization("Strict")
    settings(partners[1].for_clients, trust_browser_days=0)
    clinic = organization("Clinic", partners[0])
    join(alice, clinic)
    browser.password(alice)
    browser.post(VERIFY, {"code": code(NUMBER), "trust": "on"})
    browser.post("/logout/")
    for partner in reversed(partners):
        clinic.parent = partner
        details.save(root, clinic, ["parent"])
    browser.password(alice)
    assert not browser.signed_in


def test_trusted_browser_makes_no_codes_and_adds_no_way(
    allowed: None, browser: Browser, alice: User
) -> None:
    """TB-01: what an attacker with computer and password could keep."""
    app = give_app(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": shows(SECRET), "trust": "on"})
    browser.post("/logout/")
    browser.password(alice)
    assert browser.signed_in
    before = list(Factor.objects.order_by("pk").values())
    for path, form in (
        ("/me/security/codes/", {}),
        (f"/me/security/factors/{app.pk}/app/", {}),
        (f"/me/security/factors/{app.pk}/remove/", {}),
        (f"/me/security/factors/{app.pk}/prefer/", {}),
        ("/me/security/passkey/options/", {}),
        ("/me/security/phone/", {"phone": "+447700900299"}),
        ("/me/email/", {"email": "attacker@example.net"}),
        ("/me/security/browsers/remove/all/", {}),
    ):
        assert browser.post(path, form).url.startswith("/me/confirm/"), path
    assert list(Factor.objects.order_by("pk").values()) == before
    assert TrustedBrowser.objects.count() == 1


# Recovery codes that the policy asks for


def test_codes_by_policy_are_neither_skipped_nor_shown_again(
    browser: Browser, other_browser: Browser, alice: User
) -> None:
    """Other addresses, the back button, and a second login while the first one is at the page."""
    SitePolicy.note(backup=True)
    browser.log_in(alice)
    for path in ("/", "/me/", SECURITY, "/login/verify/", "/login/continue/"):
        assert browser.get(path).status_code == 302, path
    for path in ("/login/skip/", "/login/continue/", "/login/enroll/done/codes/"):
        browser.post(path)
        assert not browser.signed_in, path
    made = shown(browser.post(DONE, {"make": "codes"}))
    assert len(made) == 10
    assert not set(made) & set(shown(browser.get(DONE)))
    other_browser.password(alice)
    other_browser.post("/login/recovery-code/", {"code": made[0]})
    assert other_browser.signed_in


# Passkeys while someone recovers


@pytest.fixture
def lost(browser: Browser, alice: User) -> Browser:
    """Alice, who lost her passkey, after the emailed code."""
    alice.factors.all().delete()
    give_passkey(alice, "Lost key")
    browser.password(alice)
    browser.post("/login/lost/")
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(alice.email)})
    return browser


def creating(browser: Browser, key: SecurityKey, challenge: bytes | None = None) -> HttpResponse:
    options = browser.post(f"{ENROLL}options/").json()
    key.handle = decode(options["user"]["id"])
    text = key.create(challenge or decode(options["challenge"]))
    return browser.post(ENROLL, {"credential": text, "name": "New key"})


def test_new_passkey_of_recovery_ends_the_lost_one(lost: Browser, alice: User) -> None:
    creating(lost, new_key())
    assert [each.name for each in alice.factors.usable()] == ["New key"]
    assert not lost.signed_in


def test_second_tab_of_recovery_adds_nothing(lost: Browser, alice: User) -> None:
    """Both tabs have a challenge. The first one adds a phone, which ends the recovery."""
    options = lost.post(f"{ENROLL}options/").json()
    lost.post("/login/enroll/phone/", {"phone": "+447700900250"})
    lost.post("/login/enroll/verify/", {"code": code("+447700900250")})
    key = new_key(handle=decode(options["user"]["id"]))
    text = key.create(decode(options["challenge"]))
    lost.post(ENROLL, {"credential": text, "name": "Second"})
    assert [each.kind for each in alice.factors.usable()] == ["phone"]


def test_challenge_of_the_login_makes_no_passkey(browser: Browser, alice: User) -> None:
    """Before the emailed code no options are given, and the login's challenge is no other's."""
    alice.factors.all().delete()
    give_passkey(alice, "Lost key")
    browser.password(alice)
    challenge = asked(browser, SECOND)
    browser.post("/login/lost/")
    assert browser.post(f"{ENROLL}options/").status_code == 302
    key = new_key(handle=bytes(64))
    browser.post(ENROLL, {"credential": key.create(challenge), "name": "Attacker"})
    assert [each.name for each in alice.factors.usable()] == ["Lost key"]
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(alice.email)})
    assert creating(browser, new_key(), challenge).status_code == 400
    assert [each.name for each in alice.factors.usable()] == ["Lost key"]


# "Set up again" of an app


def test_two_tabs_set_up_one_app_again_once(home: Browser, alice: User) -> None:
    """The second tab's app is gone, and its page adds none."""
    old = give_app(alice)
    page = f"/me/security/factors/{old.pk}/app/"
    secret = secret_on(home.post(page).text)
    assert home.post(page, {"code": shows(secret)}).url == "/me/?saved=app"
    for sent in ({}, {"code": shows(secret)}, {"code": shows(secret, later=1)}):
        assert home.post(page, sent).status_code == 404
    assert home.get(page).status_code == 404
    assert alice.factors.usable().filter(kind="app").count() == 1


def test_secret_of_another_page_replaces_only_the_app_of_this_one(
    home: Browser, alice: User
) -> None:
    """Two tabs draw secrets in one session. The older page's code is wrong, and nothing ends."""
    first, second = give_app(alice), give_app(alice, b"another secret 12345", "Home")
    pages = [f"/me/security/factors/{each.pk}/app/" for each in (first, second)]
    older = secret_on(home.post(pages[0]).text)
    newer = secret_on(home.post(pages[1]).text)
    home.post(pages[0], {"code": shows(older)})
    assert set(alice.factors.usable().filter(kind="app")) == {first, second}
    home.post(pages[1], {"code": shows(newer)})
    assert first in alice.factors.usable()
    assert second not in alice.factors.usable()


def test_app_that_was_reported_lost_is_not_set_up_again(home: Browser, alice: User) -> None:
    """The other tab reported it. That page is over, whatever code is entered."""
    old = give_app(alice)
    page = f"/me/security/factors/{old.pk}/app/"
    secret = secret_on(home.post(page).text)
    home.post(f"/me/security/factors/{old.pk}/suspend/")
    answer = home.post(page, {"code": shows(secret)})
    assert answer.status_code in {302, 404}
    assert not alice.factors.usable().filter(kind="app").exists()


def test_date_for_passkeys_ends_the_trust(
    allowed: None, browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """PS-09: the browser was trusted by a text, which no longer logs in from that day on."""
    SitePolicy.note(passkeys_from=timezone.now() + timedelta(days=1))
    key = give_passkey(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": by_text(browser, alice), "trust": "on"})
    browser.post("/logout/")
    browser.password(alice)
    assert browser.signed_in
    browser.post("/logout/")
    clock.shift(timedelta(days=2))
    browser.password(alice)
    assert not browser.signed_in
    answered(browser, key, SECOND)
    assert browser.signed_in
