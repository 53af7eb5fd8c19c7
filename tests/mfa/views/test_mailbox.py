"""Recovery by email: password and emailed code allow an enrollment, and nothing else (EM-02,
EM-03).
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.models import Challenge, Event, Factor, OutboxMessage, SitePolicy
from mfa.models.channel_health import ChannelHealth, mail_config
from tests.authenticator import give_app
from tests.conftest import give_codes
from tests.portal_client import Browser, code, codes

MAILBOX, LOST, HELP = "/login/mailbox/", "/login/lost/", "/login/help/"
RECOVER = "/recover/"
VERIFY, PHONE, CHECK = "/login/verify/", "/login/enroll/phone/", "/login/enroll/verify/"
NEW, OLD = "+447700900250", "+447700900201"


@pytest.fixture
def proven(recovering: Browser, alice: User) -> Browser:
    """Alice, whose phone is disabled, after the emailed code."""
    recovering.post(MAILBOX)
    recovering.post(MAILBOX, {"code": code(alice.email)})
    return recovering


def allow(policy: SitePolicy, email_codes: str) -> None:
    policy.email_codes = email_codes
    policy.save()


def test_nothing_is_sent_before_request(recovering: Browser, alice: User) -> None:
    """WB-01: the page explains, its button sends."""
    page = recovering.get(MAILBOX).content.decode()
    assert "a…@example.org" in page
    assert alice.email not in page
    assert not codes(alice.email)
    assert recovering.post(MAILBOX).url == MAILBOX
    assert len(codes(alice.email)) == 1


def test_code_opens_enrollment(proven: Browser, alice: User) -> None:
    assert proven.get(MAILBOX).url == PHONE
    assert proven.get(PHONE).status_code == 200
    assert not proven.signed_in


def test_new_phone_ends_recovery(proven: Browser, alice: User) -> None:
    proven.post(PHONE, {"phone": NEW})
    assert proven.post(CHECK, {"code": code(NEW)}).url.startswith("/login/?notice=confirmed")
    assert alice.factors.usable().get().target == NEW
    proven.password(alice)
    proven.post(VERIFY, {"code": code(NEW)})
    assert proven.signed_in


@pytest.mark.parametrize("path", ["/", "/me/", "/me/phone/", "/me/security/codes/", "/admin/"])
def test_emailed_code_opens_only_enrollment(proven: Browser, path: str) -> None:
    """EM-03: only enrollment and logout."""
    assert proven.get(path).status_code == 302
    assert proven.get("/login/continue/").url == PHONE
    assert proven.post("/login/continue/").url == PHONE
    assert proven.post("/login/enroll/done/", {"make": "codes"}).url == PHONE
    assert not proven.signed_in


def test_old_phone_and_email_are_notified_before_change(proven: Browser, alice: User) -> None:
    """NT-02: by a channel that an attacker with the email account does not have."""
    text = OutboxMessage.objects.filter(channel="sms").first()
    assert text.target == OLD
    assert "a new way to log in is being set up" in text.body
    mail = OutboxMessage.objects.filter(channel="email").first()
    assert "a new way to log in is being set up" in mail.subject
    assert alice.audit_events.filter(event=Event.MAILBOX_PROVEN).count() == 1


def test_only_current_phones_are_notified(recovering: Browser, alice: User) -> None:
    """NT-02: the newest removed number may belong to someone else now."""
    other, removed = "+447700900202", "+447700900203"
    later = timezone.now() + timedelta(minutes=1)
    Factor.objects.create(user=alice, target=other, confirmed_at=later, status="suspended")
    Factor.objects.create(user=alice, target=removed, confirmed_at=later, status="revoked")
    recovering.post(MAILBOX)
    recovering.post(MAILBOX, {"code": code(alice.email)})
    texts = OutboxMessage.objects.filter(channel="sms")
    assert set(texts.values_list("target", flat=True)) == {OLD, other}


def test_password_does_not_enroll(recovering: Browser, alice: User) -> None:
    """RV-08, RV-04."""
    assert recovering.get(PHONE).url == MAILBOX
    assert recovering.post(PHONE, {"phone": NEW}).url == MAILBOX
    assert recovering.post(CHECK, {"code": "000000"}).url == MAILBOX
    assert recovering.post("/login/enroll/app/").url == MAILBOX
    assert not Challenge.objects.exists()


def test_wrong_code_verifies_nothing(recovering: Browser, alice: User) -> None:
    recovering.post(MAILBOX)
    wrong = f"{(int(code(alice.email)) + 1) % 1_000_000:06}"
    page = recovering.post(MAILBOX, {"code": wrong}).content.decode()
    assert "4 attempts left" in page
    assert recovering.get(PHONE).url == MAILBOX


def test_recovery_code_by_email_does_not_log_in(
    asked: Browser, other_browser: Browser, alice: User
) -> None:
    """OT-04: the purpose is bound into the code."""
    asked.post(LOST)
    asked.post(MAILBOX)
    emailed = code(alice.email)
    asked.post(LOST, {"found": "yes"})
    asked.post("/login/verify/email/")
    asked.post(VERIFY, {"code": emailed})
    assert not asked.signed_in


def test_code_of_one_session_proves_nothing_in_another(
    recovering: Browser, other_browser: Browser, alice: User
) -> None:
    """OT-04."""
    recovering.post(MAILBOX)
    emailed = code(alice.email)
    other_browser.password(alice)
    other_browser.post(MAILBOX, {"code": emailed})
    assert other_browser.get(PHONE).url == MAILBOX


def test_second_request_for_email_code_waits(recovering: Browser, alice: User) -> None:
    recovering.post(MAILBOX)
    assert recovering.post(MAILBOX).status_code == 429
    assert len(codes(alice.email)) == 1


# EM-02: what the policy says


@pytest.mark.parametrize(
    ("email_codes", "offered", "lost_leads_to"),
    [
        ("login", True, MAILBOX),
        ("recovery", False, MAILBOX),
        ("off", False, RECOVER),
        ("", True, MAILBOX),
    ],
)
def test_policy_decides_use_of_email(
    asked: Browser, policy: SitePolicy, email_codes: str, offered: object, lost_leads_to: str
) -> None:
    allow(policy, email_codes)
    assert ("Send code to email" in asked.get(VERIFY).content.decode()) is offered
    assert asked.post(LOST).url == lost_leads_to
    User.objects.get().factors.update(status="disabled")
    assert asked.get(VERIFY).url == lost_leads_to.replace(RECOVER, HELP)


def test_staff_cannot_recover_by_email(browser: Browser, root: User) -> None:
    """EM-01."""
    browser.password(root)
    assert "I no longer have this phone" in browser.get(VERIFY).content.decode()
    assert browser.post(LOST).url == HELP
    assert "codes by email are turned off" in browser.get(HELP).content.decode()
    root.factors.update(status="disabled")
    assert browser.get(VERIFY).url == HELP
    assert browser.get(MAILBOX).url == HELP
    browser.post(MAILBOX)
    assert not codes(root.email)


def test_person_who_becomes_staff_cannot_enroll(proven: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert proven.get(PHONE).url == HELP
    assert proven.post(PHONE, {"phone": NEW}).url == HELP


def test_policy_change_ends_question_by_closed_route(proven: Browser, policy: SitePolicy) -> None:
    """SS-10."""
    allow(policy, "off")
    assert proven.post(PHONE, {"phone": NEW}).url == HELP


@pytest.mark.parametrize(
    "rest",
    [
        {"mailbox_rests_until": timezone.now() + timedelta(hours=72)},
        {"email_changed_at": timezone.now() - timedelta(days=6)},
    ],
)
def test_email_cannot_recover_after_change_or_reset(
    recovering: Browser, alice: User, rest: dict[str, object]
) -> None:
    """EM-04, EM-06."""
    User.objects.filter(pk=alice.pk).update(**rest)
    assert recovering.get(MAILBOX).url == HELP
    recovering.post(MAILBOX)
    assert not codes(alice.email)


def test_address_changed_eight_days_ago_recovers(recovering: Browser, alice: User) -> None:
    """EM-06: seven days."""
    changed = timezone.now() - timedelta(days=8)
    User.objects.filter(pk=alice.pk).update(email_changed_at=changed)
    assert recovering.get(MAILBOX).status_code == 200


def test_email_cannot_recover_after_hundred_wrong_codes(recovering: Browser, alice: User) -> None:
    """LG-01."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    assert recovering.get(MAILBOX).url == HELP


def test_code_to_former_email_address_is_invalid(recovering: Browser, alice: User) -> None:
    """EM-06."""
    recovering.post(MAILBOX)
    emailed = code(alice.email)
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    recovering.post(MAILBOX, {"code": emailed})
    assert recovering.get(PHONE).url == MAILBOX


def test_help_after_email_change_shows_when_email_codes_return(asked: Browser, alice: User) -> None:
    """P16: after a change of the email the way stays, and says when it works again."""
    changed = timezone.now() - timedelta(days=6)
    User.objects.filter(pk=alice.pk).update(email_changed_at=changed)
    assert "I no longer have this phone" in asked.get(VERIFY).content.decode()
    assert asked.post(LOST).url == RECOVER
    opens = timezone.localtime(changed + timedelta(days=7))
    for page in (asked.get(HELP).content.decode(), asked.get(RECOVER).content.decode()):
        assert f"Codes by email work again from {opens:%-d %B %Y, %H:%M}" in page
        assert "The help desk" in page
    assert not codes(alice.email)


# "I no longer have this phone"


def test_person_who_lost_phone_recovers_by_email(
    browser: Browser, alice: User, policy: SitePolicy
) -> None:
    allow(policy, "recovery")
    browser.password(alice)
    assert "I no longer have this phone" in browser.get(VERIFY).content.decode()
    assert browser.post(LOST).url == MAILBOX
    browser.post(MAILBOX)
    assert browser.post(MAILBOX, {"code": code(alice.email)}).url == PHONE
    browser.post(PHONE, {"phone": NEW})
    browser.post(CHECK, {"code": code(NEW)})
    assert alice.factors.usable().get().target == NEW
    assert OLD in {text.target for text in OutboxMessage.objects.filter(channel="sms")[:2]}


def test_person_who_finds_phone_returns_to_code(asked: Browser) -> None:
    asked.post(LOST)
    assert "Back: I have my phone" in asked.get(MAILBOX).content.decode()
    assert asked.post(LOST, {"found": "yes"}).url == VERIFY
    asked.post(VERIFY, {"code": code(OLD)})
    assert asked.signed_in


def test_lost_phone_ends_apps_but_not_recovery_codes(browser: Browser, alice: User) -> None:
    give_codes(alice)
    alice.factors.create(kind="app", secret="GE", confirmed_at=timezone.now())
    browser.password(alice)
    browser.post(LOST)
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(alice.email)})
    browser.post(PHONE, {"phone": NEW})
    browser.post(CHECK, {"code": code(NEW)})
    left = set(alice.factors.usable().values_list("kind", "target"))
    assert left == {("phone", NEW), ("recovery_codes", "")}


def test_reporting_loss_proves_nothing(asked: Browser, alice: User) -> None:
    asked.post(LOST)
    assert asked.get(PHONE).url == MAILBOX
    assert asked.post(PHONE, {"phone": NEW}).url == MAILBOX
    assert alice.factors.usable().get().target == OLD


def test_person_without_factor_cannot_report_loss(enrolling: Browser) -> None:
    assert enrolling.post(LOST).url == PHONE
    assert enrolling.get(MAILBOX).url == PHONE


@pytest.mark.parametrize(
    ("kind", "lost", "found"),
    [
        ("app", "I no longer have this app", "Back: I have my app"),
        ("recovery_codes", "I no longer have my codes", "Back: I have my codes"),
    ],
)
def test_words_fit_the_kind_that_is_lost(
    asked: Browser, alice: User, kind: str, lost: str, found: str
) -> None:
    """Someone without a phone reads nothing of one."""
    alice.factors.all().delete()
    give_codes(alice) if kind == "recovery_codes" else give_app(alice)
    alice.factors.update(name="")
    asked.post("/logout/")
    asked.password(alice)
    for page in ("/login/choose/", HELP):
        said = asked.get(page).content.decode()
        assert lost in said
        assert "phone" not in said.split("<h1")[1]
    assert asked.post(LOST).url == MAILBOX
    said = asked.get(MAILBOX).content.decode()
    assert found in said
    assert "<h1>Set up a new way to log in</h1>" in said
    assert "phone" not in said


def test_email_that_can_no_longer_be_read_is_not_called_lost(home: Browser, alice: User) -> None:
    mine = alice.factors.create(kind="email", target="old@example.net", confirmed_at=timezone.now())
    page = home.get("/me/security/").content.decode()
    assert page.count("I can no longer read it") == 1
    address = f"/me/security/factors/{mine.pk}/suspend/"
    said = home.get(address).content.decode()
    assert "Stop codes to email o…@example.net" in said
    assert "we send no more codes there" in said
    page = home.post(address, follow=True).content.decode()
    assert "You can no longer read it, so we send no codes there." in page
    mails = OutboxMessage.objects.filter(channel="email", target=alice.email)
    assert any("can no longer use this: email o…@example.net" in mail.body for mail in mails)


def test_new_device_is_not_explained_by_a_long_time(
    browser: Browser, bob: User, policy: SitePolicy
) -> None:
    ChannelHealth.note(mail_test_config=mail_config(), mail_tested_at=timezone.now())
    SitePolicy.note(new_device_email=True)
    browser.password(bob)
    page = browser.get(MAILBOX).content.decode()
    assert "<h1>Verify your email address</h1>" in page
    assert "logged in on this device before" in page
    assert "long time" not in page
