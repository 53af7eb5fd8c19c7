"""Factors: a phone is bound by its code, changed by its owner, and never slipped in."""

import hashlib
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import TestCase

from accounts.models import User
from mfa import factors
from mfa.factors import TEXT_NOTICE
from mfa.models import AuditEvent, Event, Factor, OutboxMessage
from mfa.origin import Origin
from mfa.rules.policy import Method
from mfa.rules.routes import Holding
from tests.conftest import NOON, give_phone
from tests.portal_client import Browser, code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Origin("198.51.100.1", "Firefox")
OLD, NEW = "+447700900201", "+447700900555"


def set_phone(user: User, number: str = NEW, origin: Origin = HERE) -> bool:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return factors.set_phone(user, number, origin=origin)


def told() -> set[tuple[str, str]]:
    return set(OutboxMessage.objects.values_list("channel", "target"))


# Which phone


def test_who_has_enrolled_nothing_has_no_phone(bob: User) -> None:
    assert factors.phone_of(bob) is None


def test_a_confirmed_phone_is_the_phone(alice: User) -> None:
    assert factors.phone_of(alice).target == OLD


def test_nobody_has_the_phone_of_another(alice: User, bob: User) -> None:
    assert factors.phone_of(bob) is None


@pytest.mark.parametrize("end", ["revoked_at", "disabled_at"])
def test_an_ended_phone_is_none(alice: User, end: str) -> None:
    Factor.objects.update(**{end: NOON})
    assert factors.phone_of(alice) is None


def test_of_two_phones_the_newest_is_meant(alice: User) -> None:
    Factor.objects.create(user=alice, target=NEW, confirmed_at=NOON + timedelta(seconds=1))
    assert factors.phone_of(alice).target == NEW


def test_a_phone_is_shown_by_its_last_two_digits(alice: User) -> None:
    phone = factors.phone_of(alice)
    assert str(phone) == phone.masked == "number ending 01"


def test_a_phone_is_a_restricted_method(alice: User) -> None:
    phone = factors.phone_of(alice)
    assert phone.restricted
    assert phone.holding == Holding(phone.pk, Method.PHONE, phone.target)


# The first phone


def test_a_first_phone_is_bound_with_all_that_must_be_known(bob: User) -> None:
    assert set_phone(bob)
    phone = Factor.objects.get()
    assert (phone.user, phone.kind, phone.target) == (bob, "phone", NEW)
    assert (phone.confirmed_at, phone.address, phone.browser) == (NOON, HERE.address, "Firefox")
    assert (phone.last_used_at, phone.revoked_at, phone.disabled_at) == (None, None, None)


def test_a_phone_may_be_bound_from_nowhere(bob: User) -> None:
    set_phone(bob, origin=Origin("", ""))
    assert Factor.objects.get().address is None


def test_a_person_remembers_the_first_binding(bob: User) -> None:
    set_phone(bob)
    assert User.objects.get(pk=bob.pk).ever_bound_at == bob.ever_bound_at == NOON


def test_a_binding_raises_the_epoch_that_sessions_hang_on(bob: User) -> None:
    before = bob.get_session_auth_hash()
    set_phone(bob)
    assert User.objects.get(pk=bob.pk).session_epoch == bob.session_epoch == 1
    assert bob.get_session_auth_hash() != before


def test_a_first_phone_is_told_to_the_mailbox(bob: User) -> None:
    set_phone(bob)
    assert told() == {("email", bob.email)}
    assert AuditEvent.objects.get().event == Event.FACTOR_ADDED
    assert AuditEvent.objects.get().details == {"ending": "55", "text_notice": 1}


# Another phone (PS-04)


def test_another_phone_ends_the_old_one(alice: User) -> None:
    old = factors.phone_of(alice)
    set_phone(alice)
    old.refresh_from_db()
    assert old.revoked_at == NOON
    assert factors.phone_of(alice).target == NEW


def test_another_phone_keeps_the_time_of_the_first_binding(alice: User) -> None:
    first = NOON - timedelta(days=400)
    User.objects.filter(pk=alice.pk).update(ever_bound_at=first)
    set_phone(alice)
    assert alice.ever_bound_at == first


def test_another_phone_is_told_to_the_mailbox_and_the_old_number(alice: User) -> None:
    set_phone(alice)
    assert told() == {("email", alice.email), ("sms", OLD)}
    event = AuditEvent.objects.get()
    assert event.event == Event.FACTOR_CHANGED
    assert event.details == {"old_ending": "01", "new_ending": "55", "text_notice": 1}


def test_nobody_else_s_phone_is_touched(alice: User, charlie: User) -> None:
    set_phone(alice)
    assert factors.phone_of(charlie).target == "+447700900203"


# The race for a phone


def test_a_session_that_comes_second_changes_nothing(bob: User) -> None:
    stale = User.objects.get(pk=bob.pk)
    set_phone(bob)
    OutboxMessage.objects.all().delete()
    assert not set_phone(stale, "+447700900666")
    assert Factor.objects.get().target == NEW
    assert not OutboxMessage.objects.exists()
    assert AuditEvent.objects.count() == 1


def test_a_thief_s_enrollment_dies_with_the_owner_s(
    browser: Browser, other_browser: Browser, bob: User
) -> None:
    for visitor, number in ((browser, "07700 900777"), (other_browser, "07700 900555")):
        visitor.password(bob)
        visitor.post("/login/enroll/phone/", {"phone": number})
    other_browser.post("/login/enroll/verify/", {"code": code(NEW)})
    browser.post("/login/enroll/verify/", {"code": code("+447700900777")})
    assert Factor.objects.get().target == NEW
    assert not browser.signed_in


# Through the door


def test_a_phone_is_no_factor_until_its_code_is_entered(browser: Browser, bob: User) -> None:
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
        ({"revoked_at": NOON}, "/login/mailbox/"),
        ({"disabled_at": NOON}, "/login/mailbox/"),
    ],
    ids=["never bound", "bound", "removed", "disabled"],
)
def test_a_password_alone_binds_a_phone_only_where_there_never_was_one(
    browser: Browser, bob: User, ended: dict[str, object] | None, lands: str
) -> None:
    for fields in [] if ended is None else [ended]:
        phone = give_phone(bob, OLD)
        Factor.objects.filter(pk=phone.pk).update(**fields, target=phone.target)
    assert browser.password(bob).url == lands
    browser.post("/login/enroll/phone/", {"phone": "07700 900555"})
    assert len(codes(NEW)) == (lands == "/login/enroll/phone/")


def test_the_enrollment_s_code_does_not_log_in(browser: Browser, bob: User) -> None:
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "07700 900555"})
    first = code(NEW)
    browser.post("/login/enroll/verify/", {"code": first})
    browser.password(bob)
    browser.post("/login/verify/", {"code": first})
    assert not browser.signed_in
    browser.post("/login/verify/", {"code": code(NEW)})
    assert browser.signed_in


def test_the_old_phone_stays_until_the_new_one_s_code_is_entered(
    browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    browser.post("/me/phone/", {"phone": "07700 900555"})
    assert factors.phone_of(alice).target == OLD
    browser.post("/me/phone/verify/", {"code": code(NEW)})
    assert factors.phone_of(alice).target == NEW


def test_a_new_phone_ends_other_sessions_and_keeps_the_acting_one(
    browser: Browser, other_browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(alice)
    browser.post("/me/phone/", {"phone": "07700 900555"})
    browser.post("/me/phone/verify/", {"code": code(NEW)})
    assert browser.get("/").status_code == 200
    assert other_browser.get("/").status_code == 302


def test_a_number_that_serves_another_person_is_taken_without_a_word(
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
def test_what_cannot_get_texts_gets_none(browser: Browser, bob: User, typed: str) -> None:
    browser.password(bob)
    response = browser.post("/login/enroll/phone/", {"phone": typed})
    assert response.status_code == 200
    assert not OutboxMessage.objects.exists()


def test_another_wording_of_the_notice_about_texts_has_another_number() -> None:
    """PS-02: the audit says which one a person has read; add a line here, change none."""
    wordings = {
        1: "ab7cdfa0f0e7ba8470167a938f0ad4aeae4d7cee167ed547dc1ddccea6a8409d",
    }
    notice = settings.BASE_DIR / "templates/components/text_notice.html"
    assert hashlib.sha256(notice.read_bytes()).hexdigest() == wordings[TEXT_NOTICE]
