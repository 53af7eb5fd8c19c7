"""Forgotten passwords: the page, the mail, its link, and the form (RV-01 to RV-03, LG-03)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import TestCase

from accounts.models import User
from accounts.people import resets
from mfa.audit import NOWHERE
from mfa.factors import recovery_codes
from mfa.limits.counters import TooMany
from mfa.models import AuditEvent, Delivery, Event, OutboxMessage, Pause, SitePolicy
from tests.accounts.people.hashers import CountingHasher
from tests.conftest import NOON, make_user
from tests.portal_client import PASSWORD, Browser, code

NEW = "another long enough one"
FORGOT = "/password/forgot/"
FORM = "/password/new/"
DEAD = "This link has expired"


def forget(browser: Browser, email: str, **extra: object) -> HttpResponse:
    return browser.post(FORGOT, {"email": email}, **extra)


def mails() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(channel="email"))


def link() -> str:
    """Return the path of the newest emailed link."""
    found = re.search(r"http://testserver(/password/reset/\S+)", mails()[0].body)
    assert found
    return found[1]


def link_for(browser: Browser, user: User) -> str:
    forget(browser, user.email)
    return link()


def save(browser: Browser, new: str = NEW) -> HttpResponse:
    return browser.post(FORM, {"new_password1": new, "new_password2": new})


@pytest.fixture
def proving(browser: Browser, alice: User) -> Browser:
    """Alice after pressing the button of her link. A code was sent to her phone."""
    browser.post(link_for(browser, alice))
    return browser


@pytest.fixture
def writing(proving: Browser, alice: User) -> Browser:
    """Alice at the form for her new password."""
    proving.post("/login/verify/", {"code": code(alice.factors.get().target)})
    return proving


def knows(user: User, password: str) -> bool:
    user.refresh_from_db()
    return user.check_password(password)


# The page that asks for the email


@pytest.fixture
def gone(alice: User) -> User:
    return make_user("gone@example.org", is_active=False)


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org", "gone@example.org"])
def test_known_unknown_and_inactive_emails_look_and_cost_the_same(
    settings, gone: User, email: str
) -> None:
    """LG-03: status, place, headers, cookies, body and hashes."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    browser, before = Browser(), CountingHasher.runs
    answer = forget(browser, email)
    assert CountingHasher.runs == before + 1
    assert (answer.status_code, answer.url) == (302, f"{FORGOT}sent/")
    assert not browser.cookies
    page = browser.get(answer.url)
    assert email not in page.content.decode()
    assert "If you have an account" in page.content.decode()


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org", "gone@example.org"])
def test_every_email_costs_one_broker_call(
    caplog: pytest.LogCaptureFixture, browser: Browser, gone: User, email: str
) -> None:
    """LG-03: during an outage of the broker, known emails must not be slower."""
    caplog.set_level("INFO", logger="celery.app.trace")
    forget(browser, email)
    assert caplog.text.count("Task mfa.deliveries.deliver[") == 1


def test_only_active_person_gets_mail(browser: Browser, gone: User) -> None:
    for email in ("nobody@example.org", gone.email, "Alice@Example.org"):
        forget(browser, email)
    assert [mail.target for mail in mails()] == ["alice@example.org"]
    events = AuditEvent.objects.filter(event=Event.PASSWORD_FORGOTTEN)
    assert [event.details["mailed"] for event in events.order_by("pk")] == [0, 0, 1]


@pytest.mark.parametrize("email", ["", "no email", "x" * 400 + "@example.org"])
def test_invalid_email_is_explained(browser: Browser, alice: User, email: str) -> None:
    answer = forget(browser, email)
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()


def test_mail_has_base_url_and_origin_of_request(browser: Browser, alice: User) -> None:
    """RV-01: with BASE_URL, whatever host the request named."""
    forget(browser, alice.email, headers={"host": "localhost", "user-agent": "Firefox/140.0"})
    body = mails()[0].body
    assert "http://testserver/password/reset/" in body
    assert "localhost" not in body
    assert "Firefox" in body
    assert "127.0.0.1" in body


def test_link_is_not_stored(browser: Browser, alice: User) -> None:
    """RV-01: a stolen database or queue reveals no link."""
    token = link_for(browser, alice).rstrip("/").rpartition("/")[2]
    delivery = Delivery.objects.get()
    assert token not in str(vars(delivery))


def test_strangers_cannot_flood_or_block_an_address(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """Two mails in half an hour, and one of their links still works while no more are sent.

    Six a day end that (S19). The owner's recognized device still gets some.
    """
    for minute in range(0, 120, 5):
        clock.move_to(NOON + timedelta(minutes=minute))
        for _ in range(3):
            stranger = Browser(REMOTE_ADDR=f"198.51.{minute}.{_ + 1}")
            assert forget(stranger, alice.email).url == f"{FORGOT}sent/"
        assert DEAD not in browser.get(link()).content.decode()
    assert len(mails()) <= 6


def test_address_gets_ten_password_emails_a_day_six_from_strangers(
    clock: time_machine.Traveller, browser: Browser, alice: User, root: User
) -> None:
    """S19: from any number of addresses. Links of administrators count too."""
    browser.log_in(alice)
    browser.post("/logout/")
    for number in range(40):
        clock.move_to(NOON + timedelta(minutes=15 * number))
        stranger = Browser(REMOTE_ADDR=f"198.51.{number}.1")
        assert forget(stranger, alice.email).url == f"{FORGOT}sent/"
    assert links_mailed() == 6
    for number in range(3):
        clock.move_to(NOON + timedelta(minutes=600 + 35 * number))
        assert forget(browser, alice.email).url == f"{FORGOT}sent/"
    assert links_mailed() == 9
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert resets.send(alice, client=NOWHERE, by=root.pk)
    with pytest.raises(TooMany):
        resets.send(alice, client=NOWHERE, by=root.pk)
    assert forget(browser, alice.email).url == f"{FORGOT}sent/"
    assert links_mailed() == 10


def links_mailed() -> int:
    return Delivery.objects.filter(message="password_link").count()


def test_stranger_can_send_five_emails_a_day_to_a_person(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    for hour in range(12):
        clock.move_to(NOON + timedelta(hours=hour))
        forget(browser, alice.email)
    assert len(mails()) == 5
    clock.move_to(NOON + timedelta(hours=12))
    browser.log_in(alice)
    browser.post("/logout/")
    forget(browser, alice.email)
    assert mails()[0].at
    assert len([mail for mail in mails() if "/password/reset/" in mail.body]) == 6


def test_address_with_many_requests_waits(browser: Browser, alice: User) -> None:
    for number in range(20):
        forget(browser, f"nobody{number}@example.org")
    answer = forget(browser, alice.email)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    assert not mails()


def test_texts_and_emails_count_separately(browser: Browser, alice: User) -> None:
    """Links that strangers request do not use up the owner's codes."""
    for _ in range(6):
        forget(Browser(), alice.email)
    browser.password(alice)
    assert OutboxMessage.objects.filter(channel="sms").count() == 1


def test_forgot_page_is_the_same_without_mail_server(
    settings, browser: Browser, alice: User
) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert forget(browser, alice.email).url == f"{FORGOT}sent/"
    assert not Delivery.objects.exists()


# The link


def test_opening_reset_link_changes_nothing(browser: Browser, alice: User) -> None:
    """RV-01: email scanners open links."""
    path = link_for(browser, alice)
    for _ in range(3):
        assert "Continue" in browser.get(path).content.decode()
    assert not browser.cookies.get("session")
    assert not OutboxMessage.objects.filter(channel="sms").exists()
    assert browser.post(path).url == "/login/verify/"


def test_link_lasts_an_hour(clock: time_machine.Traveller, browser: Browser, alice: User) -> None:
    """RV-01."""
    path = link_for(browser, alice)
    clock.shift(timedelta(minutes=59, seconds=59))
    assert browser.get(path).status_code == 200
    clock.shift(timedelta(seconds=2))
    for answer in (browser.get(path), browser.post(path)):
        assert answer.status_code == 410
        assert DEAD in answer.content.decode()
        assert 'href="/password/forgot/"' in answer.content.decode()


@pytest.mark.parametrize("change", ["password", "email", "session_epoch", "is_active"])
def test_link_is_invalid_after_changes_to_account(
    browser: Browser, alice: User, change: str
) -> None:
    """RV-01."""
    path = link_for(browser, alice)
    values = {"password": "x", "email": "new@example.org", "session_epoch": 7, "is_active": False}
    User.objects.filter(pk=alice.pk).update(**{change: values[change]})
    assert browser.post(path).status_code == 410


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (r"/([^/]+)/$", r"/\1x/", 404),
        (r"/([^/]+)/$", r"/x/", 404),
        (r"/reset/[^/]+/", "/reset/LTE/", 410),
        (r"/reset/[^/]+/", "/reset/!!/", 404),
        (r"/reset/[^/]+/", "/reset/YWJj/", 410),
        (r"/reset/[^/]+/", "/reset/OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5/", 410),
        (r"\.", ":", 404),
    ],
)
def test_changed_link_does_not_work(
    browser: Browser, alice: User, old: str, new: str, status: int
) -> None:
    path = re.sub(old, new, link_for(browser, alice), count=1)
    assert path != link()
    answer = browser.post(path)
    assert answer.status_code == status
    assert 'href="/password/forgot/"' in answer.content.decode()


def test_link_does_not_work_for_another_person(
    browser: Browser, alice: User, charlie: User
) -> None:
    mine = link_for(browser, charlie).split("/")
    hers = link_for(browser, alice).split("/")
    assert browser.post("/".join([*hers[:3], hers[3], mine[4], ""])).status_code == 410


def test_token_disappears_from_url(browser: Browser, alice: User) -> None:
    """RV-01: the later pages need the session."""
    path = link_for(browser, alice)
    token = path.rstrip("/").rpartition("/")[2]
    answer = browser.post(path, follow=True)
    assert all(token not in url for url, _status in answer.redirect_chain)
    assert token not in answer.content.decode()


def test_late_mail_does_not_extend_link(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """OT-13: the link lasts from the time of the request."""
    forget(browser, alice.email)
    Delivery.objects.update(state=Delivery.State.QUEUED)
    clock.shift(timedelta(minutes=61))
    from mfa.messages import worker

    worker.deliver(Delivery.objects.get().pk)
    assert Delivery.objects.get().state == Delivery.State.DROPPED


def test_late_mail_is_not_sent_to_former_address(browser: Browser, alice: User) -> None:
    forget(browser, alice.email)
    Delivery.objects.update(state=Delivery.State.QUEUED)
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    from mfa.messages import worker

    worker.deliver(Delivery.objects.get().pk)
    assert Delivery.objects.get().state == Delivery.State.DROPPED


# The second step


def test_link_without_second_step_changes_nothing(proving: Browser, alice: User) -> None:
    """RV-02."""
    for answer in (proving.get(FORM), save(proving)):
        assert answer.url == f"{FORGOT}?notice=ended"
    assert knows(alice, PASSWORD)


def test_text_names_purpose_of_code(proving: Browser, alice: User) -> None:
    """OT-04: so that nobody reads a reset code to a caller who talks about logging in."""
    text = OutboxMessage.objects.get(channel="sms").body
    assert "is your password-reset code" in text
    page = proving.get("/login/verify/").content.decode()
    assert "123456 is your password-reset code" in page


def test_email_is_not_a_second_step_for_its_own_link(proving: Browser) -> None:
    """RV-02: otherwise one email account would be the whole account."""
    page = proving.get("/login/verify/").content.decode()
    assert "Send code to email" not in page
    refused = proving.post("/login/verify/email/").content.decode()
    assert "Email is not available right now." in refused
    assert len(mails()) == 1


def test_recovery_code_is_a_second_step_for_reset(proving: Browser, alice: User) -> None:
    """LK-01, EM-04: it is stronger than an email, so email codes stay on."""
    codes = recovery_codes.make(alice, client=NOWHERE)
    alice.refresh_from_db()
    proving.post(link_for(proving, alice))
    assert proving.post("/login/recovery-code/", {"code": codes[0]}).url == FORM
    save(proving)
    assert knows(alice, NEW)
    assert alice.mailbox_rests_until is None


def test_wrong_code_gives_no_access(proving: Browser, alice: User) -> None:
    wrong = f"{(int(code(alice.factors.get().target)) + 1) % 1_000_000:06}"
    assert proving.post("/login/verify/", {"code": wrong}).status_code == 200
    assert proving.get(FORM).url == f"{FORGOT}?notice=ended"


def test_person_who_never_had_factor_gets_form_right_away(browser: Browser, bob: User) -> None:
    assert browser.post(link_for(browser, bob)).url == FORM
    assert save(browser).url == "/login/?notice=reset"
    assert knows(bob, NEW)


@pytest.mark.parametrize("status", ["disabled", "revoked"])
def test_person_who_lost_all_factors_gets_help_and_no_form(
    browser: Browser, alice: User, status: str
) -> None:
    """RV-02, RV-08."""
    alice.factors.update(status=status)
    assert browser.post(link_for(browser, alice)).url == "/login/help/"
    assert "You need a code to set a new password" in browser.get("/login/help/").content.decode()
    assert save(browser).url == f"{FORGOT}?notice=ended"
    assert browser.get("/login/enroll/phone/").url == "/login/help/"
    assert knows(alice, PASSWORD)


def test_reset_link_is_enough_without_mfa(
    browser: Browser, policy: SitePolicy, alice: User
) -> None:
    policy.enabled = False
    policy.save()
    assert browser.post(link_for(browser, alice)).url == FORM


def test_pause_during_reset_continues_by_button(proving: Browser, alice: User) -> None:
    Pause.objects.create(
        user=alice, reason="lost phone", started_at=NOON, until=NOON + timedelta(days=9999)
    )
    assert proving.get("/login/verify/").url == "/login/continue/"
    assert proving.post("/login/continue/").url == FORM
    assert not proving.signed_in


# The form


def test_reset_does_not_log_in_but_new_password_does(writing: Browser, alice: User) -> None:
    """RV-03: a reset never logs in."""
    assert writing.get(FORM).status_code == 200
    assert not writing.signed_in
    answer = save(writing)
    assert answer.url == "/login/?notice=reset"
    assert not writing.signed_in
    page = writing.get(answer.url).content.decode()
    assert "Your new password is saved" in page
    assert "alice@example.org" in page
    writing.password(alice)
    assert "mfa_pending" not in writing.session
    assert writing.password(alice, NEW).url == "/login/verify/"


def test_reset_keeps_factors(writing: Browser, alice: User) -> None:
    """RV-03."""
    save(writing)
    assert alice.factors.usable().count() == 1


def test_reset_ends_all_sessions_and_pending_logins(
    writing: Browser, other_browser: Browser, alice: User
) -> None:
    """RV-03."""
    other_browser.log_in(alice)
    third = Browser()
    third.password(alice)
    save(writing)
    assert other_browser.get("/me/").status_code == 302
    assert third.get("/login/verify/").url.startswith("/login/?notice=ended")


def test_email_and_phone_are_notified(writing: Browser, alice: User) -> None:
    """NT-02: an attacker with the email account does not have the phone."""
    save(writing)
    assert mails()[0].subject == "Acme Portal: your password was changed"
    text = OutboxMessage.objects.filter(channel="sms").first()
    assert text
    assert text.target == "+447700900201"
    assert "reset with an emailed link" in text.body
    assert AuditEvent.objects.filter(event=Event.PASSWORD_RESET, user=alice).count() == 1


def test_link_works_once(browser: Browser, writing: Browser, alice: User) -> None:
    """RV-01: this link, and the others in the inbox."""
    path = link()
    save(writing)
    assert Browser().post(path).status_code == 410


def test_password_form_expires_after_ten_minutes_despite_going_back(
    clock: time_machine.Traveller, writing: Browser, alice: User
) -> None:
    clock.shift(timedelta(minutes=9))
    assert writing.get(FORM).status_code == 200
    assert writing.post("/login/continue/").url == FORM
    clock.shift(timedelta(minutes=1, seconds=1))
    assert save(writing).url == f"{FORGOT}?notice=ended"
    assert knows(alice, PASSWORD)


def test_only_first_of_two_tabs_saves_password(writing: Browser, alice: User) -> None:
    save(writing)
    assert save(writing, "a third long enough one").url == f"{FORGOT}?notice=ended"
    assert knows(alice, NEW)


@pytest.mark.parametrize("new", ["short", "x" * 257, "alice.example.org", "password12345678"])
def test_password_rules_apply_to_reset(writing: Browser, alice: User, new: str) -> None:
    """PW-01, PW-05."""
    answer = save(writing, new)
    assert "There is a problem" in answer.content.decode()
    assert f'"{new}"' not in answer.content.decode()
    assert knows(alice, PASSWORD)


def test_form_does_not_reveal_current_password(writing: Browser, alice: User) -> None:
    """PW-07: the link proves the email, not the password. Each check costs a slow hash."""
    answers = {save(writing, PASSWORD).status_code for _ in range(20)}
    assert answers == {200}
    refusal = save(writing)
    assert refusal.status_code == 429
    assert "<h1>Enter your new password</h1>" in refusal.content.decode()
    assert "Too many attempts. Try again in" in refusal.content.decode()
    assert knows(alice, PASSWORD)


def test_password_managers_recognize_fields(writing: Browser) -> None:
    """PW-09."""
    page = writing.get(FORM).content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert 'value="alice@example.org" autocomplete="username"' in page
    assert "maxlength" not in page


def test_proven_reset_is_not_a_pending_login(writing: Browser, alice: User) -> None:
    """LG-05, RV-03: with a known password, the second step is asked again."""
    assert writing.get("/me/").url.startswith("/login/")
    assert writing.get("/login/enroll/phone/").url == "/login/continue/"
    assert writing.password(alice).url == "/login/verify/"
    assert not writing.signed_in
    assert writing.get(FORM).url == f"{FORGOT}?notice=ended"


def test_enrollment_pages_do_not_turn_reset_into_login(writing: Browser, bob: User) -> None:
    """RV-03: "Finish" logs in when all steps are done, but never without a password."""
    browser_of_bob = Browser()
    browser_of_bob.post(link_for(browser_of_bob, bob))
    for walker in (browser_of_bob, writing):
        assert walker.post("/login/enroll/done/").status_code == 403
        assert "_auth_user_id" not in walker.session
    assert not AuditEvent.objects.filter(event=Event.LOGGED_IN).exists()


def test_pending_login_opens_no_reset_form(browser: Browser, alice: User) -> None:
    browser.password(alice)
    assert browser.get(FORM).url == f"{FORGOT}?notice=ended"


def test_charlies_link_does_not_change_alices_password(
    writing: Browser, alice: User, charlie: User
) -> None:
    """The form belongs to the newest link."""
    writing.post(link_for(writing, charlie))
    assert save(writing).url == f"{FORGOT}?notice=ended"
    assert knows(alice, PASSWORD)
    assert knows(charlie, PASSWORD)


def test_disabled_person_cannot_save_password(writing: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert save(writing).url == f"{FORGOT}?notice=ended"


def test_reset_ends_lockout_caused_by_guesses(
    clock: time_machine.Traveller, writing: Browser, alice: User
) -> None:
    """LG-02: strangers' guesses cannot lock the owner out."""
    for _ in range(10):
        Browser().password(alice, "not the password")
    save(writing)
    assert Browser().password(alice, NEW).url == "/login/verify/"


def test_canceling_leads_to_login(proving: Browser, alice: User) -> None:
    assert proving.post("/login/cancel/").url == "/login/"
    assert proving.get("/login/verify/").url == "/login/"


def test_expired_reset_starts_with_new_link(
    clock: time_machine.Traveller, proving: Browser
) -> None:
    clock.shift(timedelta(minutes=16))
    assert proving.get("/login/verify/").url == f"{FORGOT}?notice=ended"
    assert proving.post("/login/verify/resend/").url == f"{FORGOT}?notice=ended"
    page = proving.get(f"{FORGOT}?notice=ended").content.decode()
    assert "Your link has expired or your account has changed" in page


# Email codes after the reset


def rest(user: User) -> bool:
    user.refresh_from_db()
    return user.mailbox_rests_until is not None


def test_email_codes_are_off_for_three_days_after_email_only_reset(
    clock: time_machine.Traveller, browser: Browser, policy: SitePolicy, alice: User
) -> None:
    """EM-04."""
    policy.enabled = False
    policy.save()
    browser.post(link_for(browser, alice))
    save(browser)
    policy.enabled = True
    policy.save()
    browser.password(alice, NEW)
    assert "Send code to email" not in browser.get("/login/verify/").content.decode()
    refused = browser.post("/login/verify/email/").content.decode()
    assert "Email is not available right now." in refused
    clock.shift(timedelta(hours=72, seconds=1))
    late = Browser()
    late.password(alice, NEW)
    assert "Send code to email" in late.get("/login/verify/").content.decode()


def test_stronger_factor_turns_email_codes_on_again(
    browser: Browser, policy: SitePolicy, alice: User
) -> None:
    """EM-04."""
    policy.enabled = False
    policy.save()
    browser.post(link_for(browser, alice))
    save(browser)
    assert rest(alice)
    policy.enabled = True
    policy.save()
    browser.password(alice, NEW)
    browser.post("/login/verify/", {"code": code("+447700900201")})
    assert browser.signed_in
    assert not rest(alice)


def test_reset_with_phone_keeps_email_codes_on(writing: Browser, alice: User) -> None:
    """EM-04: the stronger factor was used."""
    save(writing)
    assert not rest(alice)
    assert alice.mailbox_proven_at is not None


def test_code_by_email_does_not_turn_email_codes_on_again(browser: Browser, alice: User) -> None:
    """EM-04: a code by email cannot end this."""
    browser.password(alice)
    browser.post("/login/verify/email/")
    mailed = code(alice.email)
    User.objects.filter(pk=alice.pk).update(mailbox_rests_until=NOON + timedelta(days=9999))
    assert browser.post("/login/verify/", {"code": mailed}).status_code in {200, 302}
    assert not browser.signed_in
    assert rest(alice)
