"""Reset of two-step verification: permissions, effects, and what an attacker gets (RV-05)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from mfa import pauses, rescue
from mfa.audit import NOWHERE
from mfa.limits.counters import TooMany
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, Session, SitePolicy
from mfa.rescue import Identified
from tests.conftest import give_codes, give_phone, make_user
from tests.portal_client import PASSWORD, Browser, code
from tests.stations import NEW_NUMBER, PHONE, mailed_link


@pytest.fixture
def sam(policy: SitePolicy) -> User:
    """A member of support."""
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    return sam


def reset(actor: User | None, person: User) -> None:
    with_words = {"reason": "lost phone", "identified": Identified.IN_PERSON}
    rescue.reset(actor, person, client=NOWHERE, **with_words)
    person.refresh_from_db()


def test_reset_removes_every_way_to_log_in(
    browser: Browser, other_browser: Browser, alice: User, sam: User
) -> None:
    give_codes(alice)
    browser.log_in(alice)
    other_browser.password(alice)
    User.objects.filter(pk=alice.pk).update(skipped_at=timezone.now())
    epoch = User.objects.get(pk=alice.pk).device_epoch
    reset(sam, alice)
    assert not Factor.objects.not_revoked().filter(user=alice).exists()
    assert not Session.objects.filter(user=alice).exists()
    assert browser.get("/me/").status_code == 302
    assert other_browser.get("/login/verify/").url == "/login/"
    assert (alice.skipped_at, alice.device_epoch) == (None, epoch + 1)


def test_reset_ends_a_pause(browser: Browser, alice: User, sam: User, root: User) -> None:
    """Otherwise just the password still logs in, for up to a week."""
    pauses.start(alice, reason="no phone yet", hours=24, by=root)
    reset(sam, alice)
    assert browser.password(alice).url == "/login/mailbox/"
    ended = AuditEvent.objects.get(event=Event.PAUSE_ENDED)
    assert (ended.user, ended.actor) == (alice, sam)


def test_person_who_has_just_become_staff_gets_no_number(alice: User, root: User) -> None:
    """The page was loaded before the promotion."""
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    with pytest.raises(PermissionDenied):
        rescue.assign_number(root, alice, NEW_NUMBER, reason="new phone", client=NOWHERE)
    assert not Factor.objects.filter(target=NEW_NUMBER).exists()


@pytest.mark.django_db(transaction=True)
def test_email_and_number_are_notified_and_audit_names_actor(alice: User, sam: User) -> None:
    reset(sam, alice)
    told = OutboxMessage.objects.values_list("target", flat=True)
    assert sorted(told) == ["+447700900201", "alice@example.org"]
    event = AuditEvent.objects.get(event=Event.FACTORS_RESET)
    assert (event.user, event.actor, event.details["reason"]) == (alice, sam, "lost phone")
    assert event.details["identified"] == "in_person"


@pytest.mark.parametrize("email_codes", ["login", "recovery", "off"])
@pytest.mark.parametrize("held", [0, 72])
def test_after_reset_password_and_emailed_code_come_before_new_phone(
    browser: Browser, alice: User, sam: User, email_codes: str, held: int
) -> None:
    """Whatever the policy says of email codes, and during the hold of EM-04."""
    SitePolicy.objects.update(email_codes=email_codes)
    rests_until = timezone.now() + timedelta(hours=held)
    User.objects.filter(pk=alice.pk).update(mailbox_rests_until=rests_until)
    reset(sam, alice)
    assert browser.password(alice).url == "/login/mailbox/"
    assert browser.get(PHONE).url == "/login/mailbox/"
    browser.post("/login/mailbox/")
    assert browser.post("/login/mailbox/", {"code": code(alice.email)}).url == PHONE
    browser.post(PHONE, {"phone": NEW_NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    alice.refresh_from_db()
    assert alice.reset_at is None
    assert Factor.objects.usable().get(user=alice).target == NEW_NUMBER


def test_attacker_with_password_gets_nowhere_after_reset(
    browser: Browser, alice: User, sam: User
) -> None:
    """Not at an address changed in the last seven days either (EM-06)."""
    reset(sam, alice)
    browser.password(alice)
    tries = {
        PHONE: {"phone": NEW_NUMBER},
        "/login/enroll/verify/": {"code": "000000"},
        "/login/skip/": {},
        "/login/lost/": {},
        "/login/recovery-code/": {"code": "AAAA-AAAA-AAAAA"},
    }
    for page, data in tries.items():
        browser.post(page, data)
    assert not browser.signed_in
    assert not OutboxMessage.objects.filter(target=NEW_NUMBER).exists()
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now() - timedelta(days=6))
    assert browser.get("/login/mailbox/").url == "/login/help/"


def test_set_password_link_stays_closed_after_reset(
    browser: Browser, alice: User, sam: User, root: User
) -> None:
    """RV-02: otherwise someone with just the email account would get password and code."""
    reset(sam, alice)
    browser.post("/password/forgot/", {"email": alice.email})
    uid, token = mailed_link()
    assert browser.post(f"/password/reset/{uid}/{token}/").url == "/login/help/"
    pauses.start(alice, reason="waits", hours=1, by=root)
    assert browser.post(f"/password/reset/{uid}/{token}/").url == "/login/help/"
    assert "new password" in browser.get("/login/help/").content.decode()
    assert browser.get("/password/new/").status_code == 302


def test_reset_is_never_for_oneself_or_staff(alice: User, sam: User, root: User) -> None:
    """Staff wait for a second approval; so do administrators' own accounts."""
    carol = make_user("carol@example.org", is_staff=True)
    for actor, person in [(sam, sam), (sam, carol), (sam, root), (root, carol), (root, root)]:
        with pytest.raises(PermissionDenied):
            reset(actor, person)
    with pytest.raises(PermissionDenied):
        reset(alice, make_user("dora@example.org"))
    assert not AuditEvent.objects.filter(event=Event.FACTORS_RESET).exists()


def test_eleventh_reset_in_a_day_is_refused(alice: User, sam: User) -> None:
    for number in range(10):
        reset(sam, make_user(f"new{number}@example.org"))
    with pytest.raises(TooMany):
        reset(sam, alice)
    assert Factor.objects.usable().filter(user=alice).exists()


def test_command_resets_and_refuses_staff(browser: Browser, alice: User, root: User) -> None:
    call_command("reset_mfa", "Alice@example.org", "--reason", "lost phone")
    assert browser.password(alice).url == "/login/mailbox/"
    assert AuditEvent.objects.get(event=Event.FACTORS_RESET).details["command"] == "reset_mfa"
    for email, reason, status in [
        (root.email, "lost", 1),
        ("nobody@example.org", "lost", 2),
        (alice.email, "two\nlines", 2),
        (alice.email, "x" * 201, 2),
    ]:
        with pytest.raises(CommandError) as refused:
            call_command("reset_mfa", email, "--reason", reason)
        assert refused.value.returncode == status


def test_unlock_ends_lockouts_and_keeps_count(
    browser: Browser, other_browser: Browser, alice: User, sam: User
) -> None:
    other_browser.blame(alice, 5)
    for _ in range(10):
        browser.password(alice, "wrong")
    assert browser.password(alice).status_code == 429
    rescue.unlock(sam, alice, client=NOWHERE)
    assert browser.password(alice, PASSWORD).url == "/login/verify/"
    alice.refresh_from_db()
    assert alice.wrong_answers == 5
