"""PROVE_MAILBOX: password and emailed code open an enrollment, and nothing else (EM-02, EM-03)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.models import AccountPolicy, Challenge, Event, OutboxMessage
from tests.conftest import give_codes
from tests.portal_client import Browser, code, codes

MAILBOX, LOST, HELP = "/login/mailbox/", "/login/lost/", "/login/help/"
VERIFY, PHONE, CHECK = "/login/verify/", "/login/enroll/phone/", "/login/enroll/verify/"
NEW, OLD = "+447700900250", "+447700900201"


@pytest.fixture
def proven(recovering: Browser, alice: User) -> Browser:
    """Alice, whose phone is worn out, after the emailed code."""
    recovering.post(MAILBOX)
    recovering.post(MAILBOX, {"code": code(alice.email)})
    return recovering


def allow(policy: AccountPolicy, email_codes: str) -> None:
    policy.email_codes = email_codes
    policy.save()


def test_nothing_is_sent_before_one_asks(recovering: Browser, alice: User) -> None:
    """WB-01: the page explains, its button sends."""
    page = recovering.get(MAILBOX).content.decode()
    assert "a…@example.org" in page
    assert alice.email not in page
    assert not codes(alice.email)
    assert recovering.post(MAILBOX).url == MAILBOX
    assert len(codes(alice.email)) == 1


def test_the_code_opens_the_enrollment(proven: Browser, alice: User) -> None:
    assert proven.get(MAILBOX).url == PHONE
    assert proven.get(PHONE).status_code == 200
    assert not proven.signed_in


def test_a_new_phone_ends_it(proven: Browser, alice: User) -> None:
    proven.post(PHONE, {"phone": NEW})
    assert proven.post(CHECK, {"code": code(NEW)}).url.startswith("/login/?notice=confirmed")
    assert alice.factors.usable().get().target == NEW
    proven.password(alice)
    proven.post(VERIFY, {"code": code(NEW)})
    assert proven.signed_in


@pytest.mark.parametrize("path", ["/", "/me/", "/me/phone/", "/me/security/codes/", "/admin/"])
def test_the_emailed_code_opens_nothing_else(proven: Browser, path: str) -> None:
    """EM-03: only enrollment and logout."""
    assert proven.get(path).status_code == 302
    assert proven.get("/login/continue/").url == PHONE
    assert proven.post("/login/continue/").url == PHONE
    assert proven.post("/login/enroll/done/", {"make": "codes"}).url == PHONE
    assert not proven.signed_in


def test_old_phone_and_mailbox_are_told_before_anything_changes(
    proven: Browser, alice: User
) -> None:
    """NT-02: by a way that who holds the mailbox does not hold."""
    text = OutboxMessage.objects.filter(channel="sms").first()
    assert text.target == OLD
    assert "a new phone or app is being set up" in text.body
    mail = OutboxMessage.objects.filter(channel="email").first()
    assert "a new second step is being set up" in mail.subject
    assert alice.audit_events.filter(event=Event.MAILBOX_PROVEN).count() == 1


def test_the_password_alone_enrolls_nothing(recovering: Browser, alice: User) -> None:
    """RV-08, RV-04."""
    assert recovering.get(PHONE).url == MAILBOX
    assert recovering.post(PHONE, {"phone": NEW}).url == MAILBOX
    assert recovering.post(CHECK, {"code": "000000"}).url == MAILBOX
    assert recovering.post("/login/enroll/app/").url == MAILBOX
    assert not Challenge.objects.exists()


def test_a_wrong_code_proves_nothing(recovering: Browser, alice: User) -> None:
    recovering.post(MAILBOX)
    wrong = f"{(int(code(alice.email)) + 1) % 1_000_000:06}"
    page = recovering.post(MAILBOX, {"code": wrong}).content.decode()
    assert "4 tries left" in page
    assert recovering.get(PHONE).url == MAILBOX


def test_its_code_logs_in_nowhere_else(asked: Browser, other_browser: Browser, alice: User) -> None:
    """OT-04: the purpose is bound into the code."""
    asked.post(LOST)
    asked.post(MAILBOX)
    emailed = code(alice.email)
    asked.post(LOST, {"found": "yes"})
    asked.post("/login/verify/email/")
    asked.post(VERIFY, {"code": emailed})
    assert not asked.signed_in


def test_the_code_of_one_session_proves_nothing_in_another(
    recovering: Browser, other_browser: Browser, alice: User
) -> None:
    """OT-04."""
    recovering.post(MAILBOX)
    emailed = code(alice.email)
    other_browser.password(alice)
    other_browser.post(MAILBOX, {"code": emailed})
    assert other_browser.get(PHONE).url == MAILBOX


def test_a_second_press_waits_its_turn(recovering: Browser, alice: User) -> None:
    recovering.post(MAILBOX)
    assert recovering.post(MAILBOX).status_code == 429
    assert len(codes(alice.email)) == 1


# EM-02: what the policy says


@pytest.mark.parametrize(
    ("email_codes", "offered", "lost_leads_to"),
    [
        ("login", True, MAILBOX),
        ("recovery", False, MAILBOX),
        ("off", False, HELP),
        ("", True, MAILBOX),
    ],
)
def test_the_policy_decides_what_a_mailbox_may_do(
    asked: Browser, policy: AccountPolicy, email_codes: str, offered: object, lost_leads_to: str
) -> None:
    allow(policy, email_codes)
    assert ("Send code to email" in asked.get(VERIFY).content.decode()) is offered
    assert asked.post(LOST).url == lost_leads_to
    User.objects.get().factors.update(disabled_at=timezone.now())
    assert asked.get(VERIFY).url == lost_leads_to


def test_staff_recover_by_no_mailbox(browser: Browser, root: User) -> None:
    """EM-01."""
    browser.password(root)
    assert "I no longer have this phone" not in browser.get(VERIFY).content.decode()
    assert browser.post(LOST).url == HELP
    root.factors.update(disabled_at=timezone.now())
    assert browser.get(VERIFY).url == HELP
    assert browser.get(MAILBOX).url == HELP
    browser.post(MAILBOX)
    assert not codes(root.email)


def test_who_becomes_staff_in_between_enrolls_nothing(proven: Browser, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert proven.get(PHONE).url == HELP
    assert proven.post(PHONE, {"phone": NEW}).url == HELP


def test_a_policy_that_closes_it_ends_it_at_once(proven: Browser, policy: AccountPolicy) -> None:
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
def test_a_mailbox_that_rests_recovers_nothing(
    recovering: Browser, alice: User, rest: dict[str, object]
) -> None:
    """EM-04, EM-06."""
    User.objects.filter(pk=alice.pk).update(**rest)
    assert recovering.get(MAILBOX).url == HELP
    recovering.post(MAILBOX)
    assert not codes(alice.email)


def test_an_address_changed_eight_days_ago_recovers(recovering: Browser, alice: User) -> None:
    """EM-06: seven days."""
    changed = timezone.now() - timedelta(days=8)
    User.objects.filter(pk=alice.pk).update(email_changed_at=changed)
    assert recovering.get(MAILBOX).status_code == 200


def test_after_a_hundred_wrong_codes_the_mailbox_rests(recovering: Browser, alice: User) -> None:
    """LG-01."""
    User.objects.filter(pk=alice.pk).update(wrong_answers=100)
    assert recovering.get(MAILBOX).url == HELP


def test_a_code_to_a_former_address_proves_nothing(recovering: Browser, alice: User) -> None:
    """EM-06."""
    recovering.post(MAILBOX)
    emailed = code(alice.email)
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    recovering.post(MAILBOX, {"code": emailed})
    assert recovering.get(PHONE).url == MAILBOX


# "I no longer have this phone"


def test_who_has_lost_the_phone_recovers_by_email(
    browser: Browser, alice: User, policy: AccountPolicy
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


def test_who_finds_it_again_goes_back_to_the_code(asked: Browser) -> None:
    asked.post(LOST)
    assert "I have my phone after all" in asked.get(MAILBOX).content.decode()
    assert asked.post(LOST, {"found": "yes"}).url == VERIFY
    asked.post(VERIFY, {"code": code(OLD)})
    assert asked.signed_in


def test_a_lost_phone_takes_its_apps_with_it_and_leaves_the_recovery_codes(
    browser: Browser, alice: User
) -> None:
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


def test_saying_so_proves_nothing(asked: Browser, alice: User) -> None:
    asked.post(LOST)
    assert asked.get(PHONE).url == MAILBOX
    assert asked.post(PHONE, {"phone": NEW}).url == MAILBOX
    assert alice.factors.usable().get().target == OLD


def test_who_never_had_one_has_lost_none(enrolling: Browser) -> None:
    assert enrolling.post(LOST).url == PHONE
    assert enrolling.get(MAILBOX).url == PHONE
