"""Phones: added by code, changed by the owner, and never by an attacker."""

import hashlib
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import TestCase

from accounts.models import User
from mfa import factors
from mfa.client import Client
from mfa.factors import TEXT_NOTICE
from mfa.messages import notices
from mfa.models import AuditEvent, Event, Factor, OutboxMessage
from mfa.models.factors import note_right_answer
from mfa.rules.methods import Method
from mfa.rules.routes import Holding
from tests.conftest import NOON, give_phone
from tests.portal_client import Browser, code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Firefox")
OLD, NEW = "+447700900201", "+447700900555"


def set_phone(user: User, number: str = NEW, client: Client = HERE) -> bool:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return factors.change_phone(user, number, client=client)


def told() -> set[tuple[str, str]]:
    return set(OutboxMessage.objects.values_list("channel", "target"))


# Finding the phone


def test_person_without_factor_has_no_phone(bob: User) -> None:
    assert factors.phone_of(bob) is None


def test_verified_phone_is_used_for_login(alice: User) -> None:
    assert factors.phone_of(alice).target == OLD


def test_phone_belongs_to_one_person(alice: User, bob: User) -> None:
    assert factors.phone_of(bob) is None


@pytest.mark.parametrize("status", ["proposed", "suspended", "disabled", "revoked"])
def test_disabled_phone_is_not_used(alice: User, status: str) -> None:
    Factor.objects.update(status=status)
    assert factors.phone_of(alice) is None


def test_proposed_number_gets_no_notice(alice: User, bob: User) -> None:
    """C03: nothing is texted to a number before its owner asks for the code."""
    factors.propose_phone(bob, NEW, client=HERE)
    assert notices.numbers_of(bob) == []
    set_phone(bob, OLD)
    assert NEW not in {target for _channel, target in told()}


def test_assigned_number_replaces_proposed_one(bob: User, root: User) -> None:
    """K6: the number of a manager counts, the typed one is gone."""
    factors.propose_phone(bob, OLD, client=HERE)
    assert factors.assign_phone(bob, NEW, reason="new phone", by=root, client=HERE)
    assert [(row.target, row.status) for row in bob.factors.all()] == [(NEW, "assigned")]


def test_session_that_ended_meanwhile_saves_and_drops_no_number(alice: User) -> None:
    """K7: its page was open before the change."""
    stale = User.objects.get(pk=alice.pk)
    set_phone(alice)
    factors.save_number(stale, OLD, client=HERE)
    assert factors.proposed_number(alice) == ""
    factors.save_number(alice, OLD, client=HERE)
    assert not factors.drop_proposed(stale)
    assert factors.drop_proposed(alice)
    assert factors.phone_of(alice).target == NEW


@pytest.mark.parametrize("status", ["assigned", "active"])
def test_phone_in_use_is_used_for_login(alice: User, status: str) -> None:
    Factor.objects.update(status=status)
    assert factors.phone_of(alice).target == OLD


def test_database_refuses_unknown_status(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Factor.objects.update(status="lost")


def test_removing_suspended_phone_revokes_it(alice: User) -> None:
    phone = factors.phone_of(alice)
    assert factors.suspend(alice, phone, client=HERE)
    assert factors.remove(alice, phone, client=HERE)
    phone.refresh_from_db()
    assert (phone.status, phone.status_at) == ("revoked", NOON)


def test_removed_phone_cannot_be_suspended(alice: User) -> None:
    phone = factors.phone_of(alice)
    Factor.objects.update(status="revoked")
    factors.suspend(alice, phone, client=HERE)
    phone.refresh_from_db()
    assert phone.status == "revoked"


@pytest.mark.parametrize("status", ["suspended", "disabled", "revoked"])
def test_late_right_answer_does_not_reactivate_phone(alice: User, status: str) -> None:
    """Its code may have been sent before the phone was reported lost."""
    before = NOON - timedelta(days=1)
    Factor.objects.update(status=status, status_at=before)
    note_right_answer(Factor.objects.get().pk, NOON)
    phone = Factor.objects.get()
    assert (phone.status, phone.status_at, phone.last_used_at) == (status, before, NOON)


def test_right_answer_verifies_assigned_phone(alice: User) -> None:
    Factor.objects.update(status="assigned", status_at=NOON - timedelta(days=1))
    note_right_answer(Factor.objects.get().pk, NOON)
    phone = Factor.objects.get()
    assert (phone.status, phone.status_at) == ("active", NOON)


def test_factors_of_person_are_found_by_index(alice: User) -> None:
    people = User.objects.bulk_create(User(email=f"{n}@example.org") for n in range(500))
    Factor.objects.bulk_create(Factor(user=each, confirmed_at=NOON) for each in people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mfa_factor")
    mine = Factor.objects.usable().filter(user_id=alice.pk)
    assert "factor_of_user" in mine.explain()


def test_newest_of_two_phones_is_used(alice: User) -> None:
    Factor.objects.create(user=alice, target=NEW, confirmed_at=NOON + timedelta(seconds=1))
    assert factors.phone_of(alice).target == NEW


def test_phone_is_shown_by_its_last_two_digits(alice: User) -> None:
    phone = factors.phone_of(alice)
    assert str(phone) == phone.masked == "number ending 01"


def test_phone_is_restricted_method(alice: User) -> None:
    phone = factors.phone_of(alice)
    assert phone.restricted
    assert phone.holding == Holding(phone.pk, Method.PHONE, phone.target)


# The first phone


def test_first_phone_stores_all_required_data(bob: User) -> None:
    assert set_phone(bob)
    phone = Factor.objects.get()
    assert (phone.user, phone.kind, phone.target) == (bob, "phone", NEW)
    assert (phone.confirmed_at, phone.address, phone.browser) == (NOON, HERE.address, "Firefox")
    assert (phone.last_used_at, phone.status, phone.status_at) == (None, "active", NOON)


def test_phone_can_be_added_without_client(bob: User) -> None:
    set_phone(bob, client=Client("", ""))
    assert Factor.objects.get().address is None


def test_person_stores_time_of_first_factor(bob: User) -> None:
    set_phone(bob)
    assert User.objects.get(pk=bob.pk).ever_bound_at == bob.ever_bound_at == NOON


def test_adding_phone_raises_session_epoch(bob: User) -> None:
    before = bob.get_session_auth_hash()
    set_phone(bob)
    assert User.objects.get(pk=bob.pk).session_epoch == bob.session_epoch == 1
    assert bob.get_session_auth_hash() != before


def test_first_phone_is_notified_by_email(bob: User) -> None:
    set_phone(bob)
    assert told() == {("email", bob.email)}
    assert AuditEvent.objects.get().event == Event.FACTOR_ADDED
    details = {"factor": bob.factors.get().pk, "ending": "55", "text_notice": 2}
    assert AuditEvent.objects.get().details == details


# One more phone


def test_additional_phone_keeps_and_notifies_first(alice: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert factors.add_phone(alice, NEW, client=HERE)
    assert set(factors.numbers_of(alice)) == {OLD, NEW}
    assert told() == {("email", alice.email), ("sms", OLD)}
    assert AuditEvent.objects.get().event == Event.FACTOR_ADDED


def test_stale_session_cannot_add_phone(alice: User) -> None:
    stale = User.objects.get(pk=alice.pk)
    set_phone(alice)
    assert not factors.add_phone(stale, "+447700900666", client=HERE)
    assert factors.numbers_of(alice) == [NEW]


@pytest.mark.parametrize("everything", [False, True])
def test_changed_phone_replaces_first_or_all_and_notifies_all(
    alice: User, *, everything: bool
) -> None:
    factors.add_phone(alice, "+447700900202", client=HERE)
    OutboxMessage.objects.all().delete()
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert factors.change_phone(alice, NEW, client=HERE, all_of_them=everything)
    assert factors.numbers_of(alice) == ([NEW] if everything else [NEW, OLD])
    assert told() == {("email", alice.email), ("sms", OLD), ("sms", "+447700900202")}


# Another phone (PS-04)


def test_changed_phone_revokes_old_one(alice: User) -> None:
    old = factors.phone_of(alice)
    set_phone(alice)
    old.refresh_from_db()
    assert (old.status, old.status_at) == ("revoked", NOON)
    assert factors.phone_of(alice).target == NEW


def test_another_phone_keeps_the_time_of_the_first_binding(alice: User) -> None:
    first = NOON - timedelta(days=400)
    User.objects.filter(pk=alice.pk).update(ever_bound_at=first)
    set_phone(alice)
    assert alice.ever_bound_at == first


def test_changed_phone_is_notified_to_email_and_old_number(alice: User) -> None:
    set_phone(alice)
    assert told() == {("email", alice.email), ("sms", OLD)}
    event = AuditEvent.objects.get()
    assert event.event == Event.FACTOR_CHANGED
    endings = {"old_ending": "01", "new_ending": "55"}
    new = alice.factors.get(target=NEW).pk
    assert event.details == {"factor": new, **endings, "text_notice": 2}


def test_phones_of_others_are_unchanged(alice: User, charlie: User) -> None:
    set_phone(alice)
    assert factors.phone_of(charlie).target == "+447700900203"


# Parallel changes


def test_second_parallel_session_changes_nothing(bob: User) -> None:
    stale = User.objects.get(pk=bob.pk)
    set_phone(bob)
    OutboxMessage.objects.all().delete()
    assert not set_phone(stale, "+447700900666")
    assert Factor.objects.get().target == NEW
    assert not OutboxMessage.objects.exists()
    assert AuditEvent.objects.count() == 1


def test_attackers_enrollment_fails_after_owners(
    browser: Browser, other_browser: Browser, bob: User
) -> None:
    for visitor, number in ((browser, "07700 900777"), (other_browser, "07700 900555")):
        visitor.password(bob)
        visitor.post("/login/enroll/phone/", {"phone": number})
    other_browser.post("/login/enroll/verify/", {"code": code(NEW)})
    browser.post("/login/enroll/verify/", {"code": code("+447700900777")})
    assert Factor.objects.get().target == NEW
    assert not browser.signed_in


# Through the pages


def test_phone_is_no_factor_until_its_code_is_entered(browser: Browser, bob: User) -> None:
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "07700 900555"})
    browser.post("/login/enroll/verify/", {"code": "000000"})
    assert not Factor.objects.exists()
    assert browser.password(bob).url == "/login/enroll/phone/"


@pytest.mark.parametrize(
    ("ended", "lands"),
    [
        (None, "/login/enroll/phone/"),
        ({}, "/login/verify/"),
        ({"status": "revoked"}, "/login/mailbox/"),
        ({"status": "disabled"}, "/login/mailbox/"),
    ],
    ids=["never bound", "bound", "removed", "disabled"],
)
def test_password_adds_phone_only_if_there_never_was_one(
    browser: Browser, bob: User, ended: dict[str, object] | None, lands: str
) -> None:
    for fields in [] if ended is None else [ended]:
        phone = give_phone(bob, OLD)
        Factor.objects.filter(pk=phone.pk).update(**fields, target=phone.target)
    assert browser.password(bob).url == lands
    browser.post("/login/enroll/phone/", {"phone": "07700 900555"})
    assert len(codes(NEW)) == (lands == "/login/enroll/phone/")


def test_enrollments_code_does_not_log_in(browser: Browser, bob: User) -> None:
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "07700 900555"})
    first = code(NEW)
    browser.post("/login/enroll/verify/", {"code": first})
    browser.password(bob)
    browser.post("/login/verify/", {"code": first})
    assert not browser.signed_in
    browser.post("/login/verify/", {"code": code(NEW)})
    assert browser.signed_in


def test_old_phone_stays_until_new_ones_code_is_entered(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post("/me/phone/", {"phone": "07700 900555"})
    assert factors.phone_of(alice).target == OLD
    browser.post("/me/phone/verify/", {"code": code(NEW)})
    assert factors.phone_of(alice).target == NEW


def test_new_phone_ends_other_sessions_and_keeps_acting_one(
    browser: Browser, other_browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(alice)
    browser.post("/me/phone/", {"phone": "07700 900555"})
    browser.post("/me/phone/verify/", {"code": code(NEW)})
    assert browser.get("/").status_code == 200
    assert other_browser.get("/").status_code == 302


def test_number_of_another_person_is_accepted_silently(
    browser: Browser, alice: User, bob: User
) -> None:
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": OLD})
    browser.post("/login/enroll/verify/", {"code": code(OLD)})
    assert factors.phone_of(bob).target == factors.phone_of(alice).target


@pytest.mark.parametrize(
    "typed",
    [
        "whatsapp:+447546123456",
        "+447546123456;ext=1",
        "+447546123456 x12",
        "999",
        "61016",
        "+44 909 8790000",
        "+44 20 7946 0000",
        "+44 56 1234 5678",
        "+870 773 111 632",
        "+447546123456,+447546123457",
        "+44754612345\x00",
        "+447546123456" * 10,
        "",
    ],
)
def test_unsupported_number_gets_no_text(browser: Browser, bob: User, typed: str) -> None:
    browser.password(bob)
    response = browser.post("/login/enroll/phone/", {"phone": typed})
    assert response.status_code == 200
    assert not OutboxMessage.objects.exists()


def test_changed_text_notice_has_new_version() -> None:
    """PS-02: the audit stores which version a person read. Add a line here, and change none."""
    wordings = {
        1: "ab7cdfa0f0e7ba8470167a938f0ad4aeae4d7cee167ed547dc1ddccea6a8409d",
        2: "3c96427a677700a21e00ddb8f08179cde63dd6fbae2c4c7f9e5abb81e92e5e14",
    }
    notice = settings.BASE_DIR / "templates/components/text_notice.html"
    assert hashlib.sha256(notice.read_bytes()).hexdigest() == wordings[TEXT_NOTICE]
