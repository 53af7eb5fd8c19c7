"""Trusted browsers: what they replace, who has them, and what ends them (TB-01, TB-02)."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import Membership, User
from accounts.organizations import members, rules
from accounts.people import ownership, passwords, reports
from mfa import challenges, closing, factors, passes, rescue
from mfa.admin.enabling import switch_on
from mfa.audit import NOWHERE
from mfa.challenges import Outcome
from mfa.factors import recovery_codes
from mfa.models import (
    AuditEvent,
    Event,
    OutboxMessage,
    Session,
    SitePolicy,
    Status,
    TrustedBrowser,
)
from mfa.rescue import Identified
from mfa.rules.recovery import normalize
from mfa.sessions import revoke, trust
from tests.authenticator import SECRET, give_app, shows
from tests.conftest import give_codes
from tests.organizations import MANAGER, join, organization
from tests.passkeys import give_passkey
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

VERIFY, SECURITY, REMOVE = "/login/verify/", "/me/security/", "/me/security/browsers/remove/"
REMOVE_ALL = f"{REMOVE}all/"
POLICY = "/admin/mfa/accountpolicy/1/change/"
DAYS = 14


@pytest.fixture
def allowed(policy: SitePolicy) -> None:
    """The portal lets people trust a browser."""
    SitePolicy.note(trust_browser_days=DAYS, may_close=True)


def trusting(browser: Browser, user: User) -> Browser:
    """Log in with the tick, and out again."""
    browser.password(user)
    number = user.factors.usable().filter(kind="phone").latest("pk").target
    browser.post(VERIFY, {"code": code(number), "trust": "on"})
    assert browser.signed_in
    browser.post("/logout/")
    return browser


@pytest.fixture
def trusted(allowed: None, browser: Browser, alice: User) -> Browser:
    """Alice's browser, which she trusts. She is logged out."""
    return trusting(browser, alice)


def spares(browser: Browser, user: User) -> bool:
    """Whether just the password logs this person in here."""
    if browser.signed_in:
        browser.post("/logout/")
    browser.password(User.objects.get(pk=user.pk))
    return browser.signed_in


# What it is


def test_trusted_browser_needs_no_code_and_proves_nothing(trusted: Browser, alice: User) -> None:
    """TB-01: the session is AAL1, and important changes still ask for a factor."""
    texts = OutboxMessage.objects.filter(channel="sms").count()
    assert spares(trusted, alice)
    assert OutboxMessage.objects.filter(channel="sms").count() == texts
    assert Session.objects.get(user_id=alice.pk).aal == 1
    assert set(trusted.session["mfa_about"]["proofs"]) == {"password"}
    for page in ("/me/phone/", "/me/security/app/", "/me/security/codes/", "/me/email/"):
        assert trusted.get(page).url.startswith("/me/confirm/")
    trusted.post("/me/confirm/", {"next": "/me/phone/", "password": PASSWORD})
    assert trusted.get("/me/phone/").status_code == 302
    login = AuditEvent.objects.filter(event=Event.LOGGED_IN).latest("pk")
    assert (login.details["aal"], login.details["trusted"]) == (1, 1)


def test_code_page_offers_it_with_its_days_and_a_warning(
    allowed: None, browser: Browser, alice: User
) -> None:
    page = browser.password(alice)
    page = browser.get(VERIFY).content.decode()
    assert f"Trust this browser for {DAYS} days" in page
    assert "Do not use this on a shared computer." in page
    browser.post(VERIFY, {"code": "000000", "trust": "on"})
    assert not TrustedBrowser.objects.exists()


def test_it_is_off_by_default_and_without_the_tick(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert "Trust this browser" not in browser.get(VERIFY).content.decode()
    browser.post(VERIFY, {"code": code("+447700900201"), "trust": "on"})
    assert not TrustedBrowser.objects.exists()
    SitePolicy.note(trust_browser_days=DAYS)
    browser.post("/logout/")
    browser.log_in(alice)
    assert not TrustedBrowser.objects.exists()


def test_database_holds_hash_and_cookie_no_data(trusted: Browser, alice: User) -> None:
    """TB-02 and SS-09."""
    cookie = trusted.cookies[trust.cookie_name()]
    assert len(cookie.value) == trust.TOKEN_LENGTH
    row = TrustedBrowser.objects.get()
    assert row.token_hash == hashlib.sha256(cookie.value.encode()).hexdigest()
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == timedelta(days=30).total_seconds()
    assert row.until - row.made_at == timedelta(days=DAYS)


def test_cookie_belongs_to_this_host_and_https(
    settings, allowed: None, browser: Browser, alice: User
) -> None:
    """SS-09: `__Host-` makes browsers refuse one of a subdomain, or one without https."""
    settings.HTTPS = True
    trusting(browser, alice)
    assert "trusted" not in browser.cookies
    cookie = browser.cookies["__Host-trusted"]
    shown = {name: cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain")}
    assert shown == {
        "secure": True,
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "domain": "",
    }
    assert spares(browser, alice)
    # One that was set without https does not count.
    plain = Browser()
    plain.cookies["trusted"] = cookie.value
    assert not spares(plain, alice)


def test_session_list_says_that_the_browser_was_trusted(trusted: Browser, alice: User) -> None:
    words = "with just the password, in a browser you trusted"
    assert spares(trusted, alice)
    assert words in trusted.get(SECURITY).content.decode()
    trusted.post("/logout/")
    trusted.cookies.pop(trust.cookie_name())
    trusted.log_in(alice)
    page = trusted.get(SECURITY).content.decode()
    assert words not in page
    assert "with two-step verification" in page


def test_owner_is_notified_by_email_and_text(trusted: Browser, alice: User) -> None:
    """NT-01."""
    mail = OutboxMessage.objects.filter(target=alice.email, subject__contains="trusted").get()
    assert f"For {DAYS} days" in mail.body
    assert OutboxMessage.objects.filter(channel="sms", body__contains="without a code").exists()


def test_it_ends_after_its_days(
    trusted: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=DAYS) - timedelta(minutes=1))
    assert spares(trusted, alice)
    clock.shift(timedelta(minutes=1))
    assert not spares(trusted, alice)


def test_app_offers_it_and_other_ways_do_not(allowed: None, browser: Browser, alice: User) -> None:
    """Neither a recovery code nor an email says that the person has a device at hand."""
    saved = give_codes(alice)
    browser.password(alice)
    browser.post("/login/recovery-code/", {"code": saved[0], "trust": "on"})
    assert browser.signed_in
    browser.post("/logout/")
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email), "trust": "on"})
    assert browser.signed_in
    assert not TrustedBrowser.objects.exists()
    browser.post("/logout/")
    give_app(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": shows(SECRET), "trust": "on"})
    assert TrustedBrowser.objects.count() == 1


def test_tick_beside_wrong_code_is_not_carried_to_another_way(
    allowed: None, browser: Browser, alice: User
) -> None:
    saved = give_codes(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": "000000", "trust": "on"})
    browser.post("/login/recovery-code/", {"code": saved[0]})
    assert browser.signed_in
    assert not TrustedBrowser.objects.exists()


# Whose it is


def test_each_person_of_a_browser_has_their_own(
    trusted: Browser, alice: User, charlie: User
) -> None:
    """trust2: Alice's never helps Charlie, and both keep theirs."""
    assert not spares(trusted, charlie)
    trusting(trusted, charlie)
    assert spares(trusted, alice)
    assert spares(trusted, charlie)
    TrustedBrowser.objects.filter(user=alice).delete()
    assert not spares(trusted, alice)
    assert spares(trusted, charlie)


def test_forged_stolen_and_replayed_cookies_open_nothing(
    trusted: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    name, mine = trust.cookie_name(), trusted.cookies[trust.cookie_name()].value
    row = TrustedBrowser.objects.get()
    forged = (
        "",
        "x" * trust.TOKEN_LENGTH,
        mine[:-1],
        mine.swapcase(),
        row.token_hash,
        row.token_hash[: trust.TOKEN_LENGTH],
        str(row.pk),
        "|".join(["x" * trust.TOKEN_LENGTH] * trust.MOST_PEOPLE + [mine]),
        "\x00" * trust.TOKEN_LENGTH,
        "é" * trust.TOKEN_LENGTH,
    )
    for value in forged:
        other_browser.cookies[name] = value
        assert not spares(other_browser, alice), value
    other_browser.cookies[name] = mine
    assert not spares(other_browser, charlie)
    # A token is a bearer secret: the owner removes it, and a copy dies with it.
    assert spares(other_browser, alice)
    TrustedBrowser.objects.all().delete()
    assert not spares(other_browser, alice)


def test_new_login_with_the_tick_replaces_the_old_token(
    trusted: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    old = trusted.cookies[trust.cookie_name()].value
    clock.shift(timedelta(days=DAYS))
    trusting(trusted, alice)
    assert trusted.cookies[trust.cookie_name()].value != old
    assert TrustedBrowser.objects.count() == 1


def test_eleventh_browser_ends_the_oldest(allowed: None, alice: User) -> None:
    rows = [
        TrustedBrowser(
            user=alice,
            token_hash=str(number),
            state="same",
            until=alice.date_joined + timedelta(days=1),
        )
        for number in range(trust.MOST_BROWSERS + 1)
    ]
    for row in rows:
        trust.keep(row)
    assert sorted(TrustedBrowser.objects.values_list("pk", flat=True)) == [r.pk for r in rows[1:]]


# Who never has it


@pytest.mark.parametrize("who", ["staff", "superuser", "permission"])
def test_powers_end_it_and_offer_none(trusted: Browser, alice: User, who: str) -> None:
    """TB-01: also for someone who is promoted afterwards."""
    if who == "permission":
        alice.user_permissions.add(Permission.objects.get(codename="rescue_person"))
    else:
        User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=who == "superuser")
    assert not spares(trusted, alice)
    assert "Trust this browser" not in trusted.get(VERIFY).content.decode()


def test_manager_is_never_offered_it(allowed: None, browser: Browser, alice: User) -> None:
    join(alice, organization("Clinic"), role=MANAGER)
    browser.password(alice)
    assert "Trust this browser" not in browser.get(VERIFY).content.decode()
    browser.post(VERIFY, {"code": code("+447700900201"), "trust": "on"})
    assert not TrustedBrowser.objects.exists()


def test_organization_can_shorten_it_or_switch_it_off(
    allowed: None, browser: Browser, alice: User
) -> None:
    clinic = organization("Clinic", trust_browser_days=3)
    join(alice, clinic)
    browser.password(alice)
    assert "Trust this browser for 3 days" in browser.get(VERIFY).content.decode()
    clinic.own.trust_browser_days = 0
    clinic.own.save()
    assert "Trust this browser" not in browser.get(VERIFY).content.decode()


# What it never replaces


def test_setup_that_is_due_is_still_asked_for(trusted: Browser, alice: User) -> None:
    """pol2: the same table decides. Only an answered factor leads to a setup."""
    SitePolicy.note(number_change="save_then_verify")
    trusting(trusted, alice)
    assert spares(trusted, alice)
    factors.save_number(of(alice), "+447700900299", client=NOWHERE)
    assert not spares(trusted, alice)
    assert trusted.get("/login/enroll/").url == VERIFY
    trusted.post(VERIFY, {"code": code("+447700900201")})
    assert trusted.get("/login/enroll/phone/").status_code == 200


def test_reset_by_link_still_asks_for_a_factor(trusted: Browser, alice: User) -> None:
    """RV-02."""
    trusted.post("/password/forgot/", {"email": alice.email})
    mail = OutboxMessage.objects.filter(target=alice.email).latest("pk")
    answer = trusted.post(re.search(r"http://testserver(/password/reset/\S+)", mail.body)[1])
    assert answer.url == VERIFY


def test_lockout_of_this_browser_applies(trusted: Browser, alice: User) -> None:
    trusted.blame(alice, 10)
    assert not spares(trusted, alice)
    assert trusted.get("/login/help/").status_code == 429


# What ends it


def of(user: User) -> User:
    return User.objects.get(pk=user.pk)


def member() -> Membership:
    return Membership.objects.get(organization__slug="clinic")


def open_link(browser: Browser, target: str, path: str) -> None:
    mail = OutboxMessage.objects.filter(target=target).latest("pk")
    browser.post(re.search(rf"http://testserver({path}\S+)", mail.body)[1])


def confirm_email(user: User, root: User) -> None:
    browser = Browser()
    browser.password(user)
    browser.post(VERIFY, {"code": shows(SECRET, later=1)})
    browser.post("/me/email/", {"email": "alice@new.example"})
    open_link(browser, "alice@new.example", "/me/email/")
    assert of(user).email == "alice@new.example"


def disable_app(user: User, root: User) -> None:
    for _ in range(100):
        challenges.blame(of(user), user.factors.filter(kind="app"), client=NOWHERE)
    assert user.factors.get(kind="app").status == Status.DISABLED


def close_and_open(user: User, root: User) -> None:
    closing.close(of(user), client=NOWHERE)
    User.objects.filter(pk=user.pk).update(closed_at=None)


def shut_and_open(user: User, root: User) -> None:
    office = Browser()
    office.log_in(root)
    shown = {"email": user.email, "full_name": "Alice", "language": "en"}
    for active in ({}, {"is_active": "on"}):
        office.post(f"/admin/accounts/user/{user.pk}/change/", {**shown, **active})
        assert of(user).is_active is bool(active)


def promote_and_demote(user: User, root: User) -> None:
    office = Browser()
    office.log_in(root)
    shown = {"email": user.email, "full_name": "Alice", "language": "en", "is_active": "on"}
    for staff in ({"is_staff": "on"}, {}):
        office.post(f"/admin/accounts/user/{user.pk}/change/", {**shown, **staff})
        assert of(user).is_staff is bool(staff)


def change_policy(user: User, root: User) -> None:
    """There and back: switching it off for a moment ends the trust in all browsers."""
    office = Browser()
    office.log_in(root)
    shown = {
        "enabled": "on",
        "home_region": "GB",
        "contact": "the help desk",
        "may_close": "True",
        "sms_account_id": "AC" + "0" * 32,
        "sms_phone_number": "+15005550006",
    }
    for days in (0, DAYS):
        office.post(POLICY, {**shown, "trust_browser_days": str(days)})
        assert SitePolicy.load().trust_browser_days == days


def change_rules(user: User, root: User) -> None:
    clinic = member().organization
    for days in (1, None):
        clinic.own.trust_browser_days = days
        rules.save(root, clinic, clinic.own)


def change_role(user: User, root: User) -> None:
    assert members.give_role(root, member(), "manager")
    assert members.give_role(root, member(), "member")


def leave(user: User, root: User) -> None:
    clinic = member().organization
    members.end(root, member())
    join(of(user), clinic)


def disown(user: User, root: User) -> None:
    event = AuditEvent.objects.filter(user=user, event=Event.BROWSER_TRUSTED).latest("pk")
    reports.make(of(user), event.pk, client=NOWHERE)


def register(user: User, root: User) -> None:
    ownership.claim(user.email, of(user), full_name="Alice", password=of(user).password)


def add_phone(user: User, root: User) -> None:
    assert factors.add_phone(of(user), "+447700900299", client=NOWHERE)


def change_phone(user: User, root: User) -> None:
    new = "+447700900299"
    assert factors.change_phone(of(user), new, client=NOWHERE, all_of_them=False)


def assign_phone(user: User, root: User) -> None:
    new = "+447700900299"
    assert rescue.assign_number(root, of(user), new, reason="lost", client=NOWHERE)


def suspend(user: User, root: User) -> None:
    assert factors.suspend(of(user), user.factors.get(kind="phone"), client=NOWHERE)


def remove(user: User, root: User) -> None:
    assert factors.remove(of(user), user.factors.get(kind="app"), client=NOWHERE)


def reset(user: User, root: User) -> None:
    rescue.reset(root, of(user), reason="lost", identified=Identified.IN_PERSON)


def use_pass(user: User, root: User) -> None:
    made = {"minutes": 30, "reason": "lost", "alone": True, "client": NOWHERE}
    code = normalize(passes.make(root, of(user), **made) or "")
    assert passes.spend(of(user), code, client=NOWHERE).outcome is Outcome.RIGHT


ENDS: dict[Event, Callable[[User, User], object]] = {
    Event.PASSWORD_CHANGED: lambda user, root: passwords.store(of(user), PASSWORD),
    Event.PASSWORD_RESET: lambda user, root: passwords.store(of(user), PASSWORD),
    Event.PASSWORD_EXPIRED: lambda user, root: passwords.expire(
        of(user), client=NOWHERE, by=root.pk
    ),
    Event.EMAIL_CHANGED: confirm_email,
    Event.FACTOR_ADDED: add_phone,
    Event.FACTOR_CHANGED: change_phone,
    Event.NUMBER_ASSIGNED: assign_phone,
    Event.FACTOR_SUSPENDED: suspend,
    Event.FACTOR_REMOVED: remove,
    Event.FACTOR_DISABLED: disable_app,
    Event.APP_ADDED: lambda user, root: give_app(user, b"another secret 12345"),
    Event.EMAIL_ADDED: lambda user, root: factors.add_email(
        of(user), "other@example.org", client=NOWHERE
    ),
    Event.PASSKEY_ADDED: lambda user, root: give_passkey(user, "Blue key"),
    Event.PUSH_ADDED: lambda user, root: user.factors.create(
        kind="push", confirmed_at=timezone.now()
    ),
    Event.RECOVERY_CODES_MADE: lambda user, root: recovery_codes.make(of(user), client=NOWHERE),
    Event.FACTORS_RESET: reset,
    Event.PASS_USED: use_pass,
    Event.DISOWNED: disown,
    Event.SESSIONS_ENDED: lambda user, root: revoke.end_all(of(user), by=root, client=NOWHERE),
    Event.ACCOUNT_CLOSED: close_and_open,
    Event.ACCOUNT_OPENED: shut_and_open,
    Event.REGISTERED: register,
    Event.POWERS_CHANGED: promote_and_demote,
    Event.POLICY_CHANGED: change_policy,
    Event.RULES_CHANGED: change_rules,
    Event.ROLE_CHANGED: change_role,
    Event.MEMBER_JOINED: lambda user, root: join(
        of(user), organization("Other", email_codes="off")
    ),
    Event.MEMBER_LEFT: leave,
    Event.BROWSERS_UNTRUSTED: lambda user, root: trust.remove_all(of(user), client=NOWHERE),
}
# They change nothing that the trust depends on. What is not here must be above.
SURVIVES = frozenset(
    {
        Event.PASS_ASKED,
        Event.PASS_CONFIRMED,
        Event.PASS_MADE,
        Event.PASS_CANCELLED,
        Event.RECOVERY_EMAIL_CHANGED,
        Event.RECOVERY_STARTED,
        Event.RECOVERY_WAITING,
        Event.RECOVERY_READY,
        Event.RECOVERY_SHORTENED,
        Event.RECOVERY_ENDED,
        Event.PASSWORD_RIGHT,
        Event.PASSWORD_WRONG,
        Event.PASSWORD_SLOWED,
        Event.PASSWORD_FORGOTTEN,
        Event.PASSWORD_LINK_SENT,
        Event.EMAIL_ASKED,
        Event.CODE_SENT,
        Event.CODE_REFUSED,
        Event.CODE_RIGHT,
        Event.PASSKEY_RIGHT,
        Event.PASSKEY_REFUSED,
        Event.PASSKEY_COPIED,
        Event.PUSH_SENT,
        Event.PUSH_RIGHT,
        Event.PUSH_WRONG,
        Event.PUSH_REFUSED,
        Event.PUSH_DENIED,
        Event.CODE_WRONG,
        Event.CODES_GUESSED,
        Event.WARNING_CONFIRMED,
        Event.CODE_LATE,
        Event.LOGGED_IN,
        Event.UNUSUAL_LOGIN,
        Event.STEPPED_UP,
        Event.LOGGED_OUT,
        Event.BLOCKED,
        Event.LOCKED,
        Event.NUMBER_SAVED,
        Event.NUMBER_DROPPED,
        Event.FACTOR_RENAMED,
        Event.FACTOR_PREFERRED,
        Event.DATA_DOWNLOADED,
        Event.ACCOUNT_KEPT,
        Event.MAILBOX_PROVEN,
        Event.BROWSER_TRUSTED,
        Event.RECOVERY_CODE_USED,
        Event.SKIPPED,
        Event.SETUP_CHOSEN,
        Event.STEP_REFUSED,
        Event.SMS_ENTERED,
        Event.SMS_DISCARDED,
        Event.SMS_CONFIRMED,
        Event.GROUP_CHANGED,
        Event.STAFF_RELEASED,
        Event.STAFF_BOUND,
        Event.POLICY_TESTED,
        Event.PAUSED,
        Event.HOME_CHOSEN,
        Event.ORGANIZATION_CHANGED,
        Event.NAME_CHANGED,
        Event.ORGANIZATION_REFUSED,
        Event.EXPORTED,
        Event.IMPORT_STARTED,
        Event.IMPORTED,
        Event.INVITATION_PREPARED,
        Event.INVITED,
        Event.INVITATION_REVOKED,
        Event.INVITATION_REFUSED,
        Event.REMINDED,
        Event.SUPPORT_REFUSED,
        Event.SUPPORT_OPENED,
        Event.LOCKOUT_ENDED,
        Event.PAUSE_ENDED,
        Event.MAIL_TESTED,
        Event.TEXTS_RESTED,
        Event.TEXTS_RESUMED,
        Event.BRAKE_LIFTED,
        Event.ALERTED,
    }
)


@pytest.fixture
def member_of_clinic(allowed: None, alice: User) -> User:
    """Alice with a phone and an app, in an organization."""
    give_app(alice)
    return join(alice, organization("Clinic"))


@pytest.mark.parametrize("event", ENDS)
def test_trust_ends(
    event: Event, member_of_clinic: User, browser: Browser, root: User, other_browser: Browser
) -> None:
    """trust1: after each change of password, factor, email, role, powers or policy."""
    user = member_of_clinic
    browser.password(user)
    browser.post(VERIFY, {"code": shows(SECRET), "trust": "on"})
    assert spares(browser, user)
    ENDS[event](user, root)
    assert not trust.live_of(of(user), timezone.now()).exists()
    assert not spares(browser, user)


def test_every_event_ends_trust_or_does_not_on_purpose() -> None:
    """trust1: a new event must join one of the two."""
    assert ENDS.keys() | SURVIVES == set(Event)
    assert not ENDS.keys() & SURVIVES


def test_switching_mfa_on_again_ends_trust(trusted: Browser, alice: User) -> None:
    SitePolicy.note(enabled=False)
    switch_on(SitePolicy.load())
    assert not spares(trusted, alice)


# The Security page


def test_page_lists_browsers_and_removes_them_after_a_fresh_proof(
    trusted: Browser, other_browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    trusting(other_browser, alice)
    here, there = trusted, other_browser
    assert spares(here, alice)
    page = here.get(SECURITY).content.decode()
    assert page.count("Stop trusting it") == 2
    assert "trusted until 16 March 2026" in page
    first, second = TrustedBrowser.objects.order_by("pk")
    # The session of a trusted browser proved no factor.
    assert here.post(REMOVE, {"browser": str(second.pk)}).url.startswith("/me/confirm/")
    here.post("/me/confirm/", {"next": SECURITY})
    here.post(VERIFY, {"code": code("+447700900201")})
    for wrong in ("", "x", "0", "9" * 30, "-1", "²", "all"):
        here.post(REMOVE, {"browser": wrong})
    assert TrustedBrowser.objects.count() == 2
    assert here.post(REMOVE, {"browser": str(second.pk)}).url == f"{SECURITY}?done=untrusted"
    assert not spares(there, alice)
    assert list(TrustedBrowser.objects.all()) == [first]
    assert AuditEvent.objects.filter(event=Event.BROWSERS_UNTRUSTED).count() == 1


def test_charlie_cannot_remove_alices(
    trusted: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    other_browser.log_in(charlie)
    other_browser.post(REMOVE, {"browser": str(TrustedBrowser.objects.get().pk)})
    other_browser.post(REMOVE_ALL)
    assert spares(trusted, alice)


def test_trust_removed_during_the_login_starts_over(
    trusted: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tabs: the removal in one comes between the look and the login in the other."""
    real = trust.use

    def removed_before(row: TrustedBrowser, *args: object) -> bool:
        TrustedBrowser.objects.all().delete()
        return real(row, *args)

    monkeypatch.setattr(trust, "use", removed_before)
    assert not spares(trusted, alice)
