"""The link “This wasn't me” in a notice: no login, seven days, one POST."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.limits import counters, table as limits
from mfa.messages import notices
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, Pause, SitePolicy
from tests.portal_client import Browser, code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LINK = re.compile(r"http://testserver(/me/not-me/\S+)")
OLD, NEW = "+447700900201", "+447700900299"
MOVED = "alice@new.example"


def newest_link(target: str) -> str:
    """Return the link in the newest notice to an address."""
    mails = OutboxMessage.objects.filter(channel="email", target=target).order_by("-pk")
    return next(found[1] for mail in mails if (found := LINK.search(mail.body)))


def notice_of(event: Event, user: User, **words: int) -> str:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(event, user, **words)
    return newest_link(user.email)


def state(user: User) -> tuple[object, ...]:
    user.refresh_from_db()
    return user.password, user.session_epoch, user.is_active, list(user.factors.values("status"))


def changed_number(attacker: Browser, alice: User) -> str:
    """The notice after an attacker with the session replaced her number."""
    attacker.log_in(alice)
    attacker.post("/me/phone/", {"phone": NEW})
    attacker.post("/me/phone/verify/", {"code": code(NEW)})
    return newest_link(alice.email)


def test_viewing_changes_nothing_and_shows_no_personal_data(home: Browser, alice: User) -> None:
    """Mail scanners open links, and a person who finds the email learns nothing more."""
    link = notice_of(Event.PASSWORD_CHANGED, alice)
    before = state(alice)
    for method in ("get", "head"):
        assert getattr(Browser(), method)(link).status_code == 200
    page = Browser().get(link).content.decode()
    assert "Secure my account" in page
    assert [word for word in (alice.email, alice.full_name, "201", "198.") if word in page] == []
    assert state(alice) == before
    assert home.get("/me/").status_code == 200


def test_not_me_suspends_new_number_and_does_not_restore_old_one(
    other_browser: Browser, browser: Browser, alice: User
) -> None:
    link = changed_number(other_browser, alice)
    Browser().password(alice)
    page = browser.post(link, follow=True).content.decode()
    assert other_browser.get("/me/").status_code == 302
    statuses = dict(alice.factors.values_list("target", "status"))
    assert statuses == {OLD: "revoked", NEW: "suspended"}
    assert "We email you a code" in page
    made = AuditEvent.objects.get(event=Event.DISOWNED)
    assert made.details["what"] == Event.FACTOR_CHANGED
    # The way that the page named: the password, a code by email, then a new phone.
    alice.refresh_from_db()
    assert browser.password(alice).url == "/login/mailbox/"


def test_report_with_remaining_factor_ends_password_and_emails_link(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    link = notice_of(Event.UNUSUAL_LOGIN, alice)
    half = Browser()
    half.password(alice)
    epoch = alice.device_epoch
    page = other_browser.post(link, follow=True).content.decode()
    assert "Check your email" in page
    assert home.get("/me/").status_code == 302
    # The attacker's pending login has ended too.
    assert half.post("/login/verify/", {"code": code(OLD)}).url == "/login/"
    alice.refresh_from_db()
    assert alice.device_epoch > epoch
    assert not alice.has_usable_password()
    body = OutboxMessage.objects.filter(target=alice.email, body__contains="/password/reset/")
    reset = re.search(r"http://testserver(/password/reset/\S+)", body.latest("pk").body)[1]
    assert other_browser.post(reset).url == "/login/verify/"


def test_report_acts_once_and_not_on_later_events(browser: Browser, alice: User) -> None:
    """A replay, by a scanner's second look or months of mail later, changes nothing."""
    link = notice_of(Event.PASSWORD_CHANGED, alice)
    browser.post(link)
    alice.refresh_from_db()
    alice.set_password("a new password of her own")
    alice.save()
    before = state(alice)
    assert browser.post(link).status_code == 302
    assert "Your account is secured" in browser.get(link).content.decode()
    assert state(alice) == before
    assert AuditEvent.objects.filter(event=Event.DISOWNED).count() == 1


def test_password_change_does_not_invalidate_report_link(browser: Browser, alice: User) -> None:
    """An attacker changes the password first."""
    link = notice_of(Event.UNUSUAL_LOGIN, alice)
    alice.set_password("a password that the attacker chose")
    alice.session_epoch += 1
    alice.save()
    browser.post(link)
    alice.refresh_from_db()
    assert not alice.has_usable_password()


def test_report_link_is_valid_for_seven_days(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    link = notice_of(Event.PASSWORD_CHANGED, alice)
    clock.shift(timedelta(days=7) - timedelta(seconds=1))
    assert browser.get(link).status_code == 200
    clock.shift(timedelta(seconds=2))
    before = state(alice)
    assert browser.post(link).status_code == 410
    assert state(alice) == before


def test_report_link_is_invalid_for_other_person_event_or_page(
    browser: Browser, alice: User, bob: User
) -> None:
    mine, theirs = (notice_of(Event.PASSWORD_CHANGED, each) for each in (alice, bob))
    before = state(bob)
    (_, _, _, uid, token, _), (_, _, _, other, _, _) = mine.split("/"), theirs.split("/")
    tried = [f"/me/not-me/{other}/{token}/", f"/me/warning/{uid}/{token}/"]
    tried += [f"/password/reset/{uid}/{token}/", f"/me/email/{uid}/{token}/"]
    # Written by nobody: an event that no notice tells of
    event = AuditEvent.objects.create(at=timezone.now(), event=Event.LOGGED_IN, user=bob)
    tried.append(bob.not_me_link(event.pk, at=timezone.now()).removeprefix("http://testserver"))
    assert [browser.post(link).status_code for link in tried] == [410] * len(tried)
    assert state(bob) == before


def moved(home: Browser, alice: User) -> str:
    """Change the email address, and return the link that the old one gets."""
    old = alice.email
    home.post("/me/email/", {"email": MOVED})
    sent = OutboxMessage.objects.filter(target=MOVED).latest("pk").body
    home.post(re.search(r"http://testserver(/me/email/\S+)", sent)[1])
    return newest_link(old)


def password_links() -> int:
    return OutboxMessage.objects.filter(body__contains="/password/reset/").count()


def test_old_phone_recovers_account_after_email_change_without_mail(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """The reader of an old address locks nobody out, and an attacker's new address gets no link."""
    Factor.objects.filter(user=alice).update(confirmed_at=timezone.now() - timedelta(days=8))
    earlier = notice_of(Event.UNUSUAL_LOGIN, alice)
    link = moved(home, alice)
    for each in (link, earlier):
        assert "we don't email a link" in other_browser.get(each).content.decode()
    before = password_links()
    page = other_browser.post(link, follow=True).content.decode()
    assert "Enter your new address" in page
    assert (home.get("/me/").status_code, password_links()) == (302, before)
    notice = OutboxMessage.objects.filter(target=MOVED).latest("pk").body
    assert ("You reported activity" in notice, "/me/not-me/" in notice) == (True, False)
    # The owner, whose new address it is: a link, and the phone.
    home.post("/password/forgot/", {"email": MOVED})
    mail = OutboxMessage.objects.filter(target=MOVED, body__contains="/password/reset/")
    reset = re.search(r"http://testserver(/password/reset/\S+)", mail.latest("pk").body)[1]
    assert home.post(reset).url == "/login/verify/"
    # An attacker with the new address, the password and no phone, also when the hold on email ends.
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now() - timedelta(days=30))
    alice.refresh_from_db()
    assert "do not match" in other_browser.password(alice).content.decode()
    other_browser.post(reset)
    other_browser.post("/login/verify/email/")
    assert codes(MOVED) == []
    assert other_browser.get("/password/new/").status_code == 302


def test_report_closes_account_with_new_phone_after_email_change(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """The person who changed the email may have set the phone up too."""
    link = moved(home, alice)
    assert "turn off your account" in other_browser.get(link).content.decode()
    before = password_links()
    page = other_browser.post(link, follow=True).content.decode()
    assert "verify your identity" in page
    assert home.get("/me/").status_code == 302
    home.post("/password/forgot/", {"email": MOVED})
    assert password_links() == before
    assert alice.factors.get().status == "suspended"
    assert not User.objects.get(pk=alice.pk).is_active


def test_report_closes_account_without_second_step_after_email_change(
    home: Browser, other_browser: Browser, alice: User, policy: SitePolicy
) -> None:
    """The new address would get a link, and nothing else would be asked."""
    Factor.objects.filter(user=alice).update(confirmed_at=timezone.now() - timedelta(days=8))
    link = moved(home, alice)
    policy.enabled = False
    policy.save()
    other_browser.post(link)
    assert not User.objects.get(pk=alice.pk).is_active


def test_pages_of_earlier_report_show_latest_way_back(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """The attacker's number is reported last, so the link that the first report mailed is dead."""
    login = notice_of(Event.UNUSUAL_LOGIN, alice)
    number = changed_number(other_browser, alice)
    home.post(login)
    assert "Check your email" in home.get(login).content.decode()
    home.post(number)
    for link in (login, number):
        assert "verify your identity" in home.get(link).content.decode()


def test_person_without_second_step_gets_back_in_only_by_emailed_link(
    browser: Browser, alice: User, policy: SitePolicy
) -> None:
    policy.enabled = False
    policy.save()
    browser.post(notice_of(Event.PASSWORD_CHANGED, alice))
    assert "do not match" in browser.password(alice).content.decode()


def test_report_of_pause_ends_it(browser: Browser, alice: User, policy: SitePolicy) -> None:
    """Someone who talked support into it may read the emails: the link must ask for the phone."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        pauses.start(alice, reason="lost phone", hours=24, by=None)
    link = newest_link(alice.email)
    assert "We end the pause" in browser.get(link).content.decode()
    browser.post(link)
    assert not Pause.objects.running(timezone.now()).exists()
    body = OutboxMessage.objects.filter(target=alice.email, body__contains="/password/reset/")
    reset = re.search(r"http://testserver(/password/reset/\S+)", body.latest("pk").body)[1]
    assert browser.post(reset).url == "/login/verify/"


def test_other_report_does_not_end_pause(browser: Browser, alice: User, policy: SitePolicy) -> None:
    """Without the phone it was started for, its person could not log in again."""
    pauses.start(alice, reason="lost phone", hours=24, by=None)
    browser.post(notice_of(Event.UNUSUAL_LOGIN, alice))
    assert Pause.objects.running(timezone.now()).exists()


def test_app_removed_since_event_stays_removed(browser: Browser, alice: User) -> None:
    app = Factor.objects.create(
        user=alice, kind="app", secret="s", status="revoked", confirmed_at=timezone.now()
    )
    browser.post(notice_of(Event.APP_ADDED, alice, factor=app.pk))
    assert set(alice.factors.values_list("kind", "status")) == {
        ("app", "revoked"),
        ("phone", "active"),
    }


def test_reenabled_account_has_no_password(
    home: Browser, other_browser: Browser, alice: User, policy: SitePolicy
) -> None:
    """The attacker may know it, and MFA may be off."""
    link = moved(home, alice)
    policy.enabled = False
    policy.save()
    other_browser.post(link)
    User.objects.filter(pk=alice.pk).update(is_active=True)
    alice.refresh_from_db()
    assert "do not match" in other_browser.password(alice).content.decode()


def test_report_link_is_mailed_despite_earlier_requests(browser: Browser, alice: User) -> None:
    """The report ends the password, so an attacker must not be able to use up the way back."""
    link = notice_of(Event.UNUSUAL_LOGIN, alice)
    for _ in range(limits.PASSWORD_MAILS.most):
        counters.take([limits.PASSWORD_MAILS.of(alice.email)])
    browser.post(link)
    assert "Check your email" in browser.get(link).content.decode()
    assert password_links() == 1
