"""Recovery codes: shown once, hashed, single-use, limited, notified (LK-01)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from accounts.people.hashers import Argon2idHasher
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors import recovery_codes
from mfa.limits.counters import TooMany
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, RecoveryCode
from mfa.rules.recovery import normalize
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Firefox")
PHONE = "+447700900201"
STRANGER = "0" * 13
# The real cost, before the tests reduce it
MEMORY_KIB = recovery_codes.MEMORY_KIB


def make(user: User) -> list[str]:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return recovery_codes.make(user, client=HERE)


def spend(user: User, shown: str) -> Result:
    person = User.objects.get(pk=user.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return recovery_codes.spend(person, normalize(shown), client=HERE)


def test_ten_different_codes_are_made(alice: User) -> None:
    codes = make(alice)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", code) for code in codes)
    assert recovery_codes.left(recovery_codes.codes_of(alice)) == 10


def test_database_holds_slow_hash_and_no_code(alice: User) -> None:
    codes = {normalize(code) for code in make(alice)}
    digests = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert len(digests) == 10
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)
    assert not codes & digests


def test_hash_costs_as_much_as_for_passwords() -> None:
    """NIST SP 800-63B-4, 3.1.2.2: slow, because 65 bits are less than 112."""
    assert Argon2idHasher.memory_cost == MEMORY_KIB


def test_salts_differ(alice: User, charlie: User) -> None:
    make(alice)
    make(charlie)
    sets = Factor.objects.filter(kind=Factor.Kind.RECOVERY_CODES)
    assert len({codes.secret for codes in sets}) == 2


def test_right_code_is_accepted_once(alice: User) -> None:
    """M13."""
    code = make(alice)[3]
    assert spend(alice, code).outcome is Outcome.RIGHT
    assert spend(alice, code).outcome is Outcome.SPENT
    assert recovery_codes.left(recovery_codes.codes_of(alice)) == 9


def test_used_code_uses_no_attempt(alice: User) -> None:
    code = make(alice)[0]
    spend(alice, code)
    spend(alice, code)
    alice.refresh_from_db()
    assert alice.wrong_answers == 0
    assert AuditEvent.objects.filter(event=Event.CODE_LATE).count() == 1


def test_code_of_charlie_is_wrong_for_alice(alice: User, charlie: User) -> None:
    make(alice)
    theirs = make(charlie)[0]
    assert spend(alice, theirs).outcome is Outcome.WRONG
    assert spend(charlie, theirs).outcome is Outcome.RIGHT


def test_replaced_set_is_invalid(alice: User) -> None:
    former = make(alice)[0]
    make(alice)
    assert spend(alice, former).outcome is Outcome.WRONG
    assert Factor.objects.usable().filter(kind=Factor.Kind.RECOVERY_CODES).count() == 1


def test_no_code_is_right_without_set(alice: User) -> None:
    assert spend(alice, STRANGER) == Result(Outcome.EXPIRED)
    alice.refresh_from_db()
    assert alice.wrong_answers == 0


def test_last_code_ends_set(alice: User) -> None:
    for code in make(alice):
        assert spend(alice, code).outcome is Outcome.RIGHT
    assert recovery_codes.codes_of(alice) is None
    assert "It was the last one." in OutboxMessage.objects.filter(channel="email")[0].body


def test_wrong_code_returns_attempts_before_lockout(alice: User) -> None:
    make(alice)
    assert spend(alice, STRANGER) == Result(Outcome.WRONG, 4)
    assert spend(alice, STRANGER) == Result(Outcome.WRONG, 3)


def test_five_wrong_codes_from_unrecognized_devices_cause_shared_lockout(alice: User) -> None:
    """LG-01: one wait over all factors."""
    right = make(alice)[0]
    given = [spend(alice, STRANGER).outcome for _ in range(5)]
    assert given == [Outcome.WRONG] * 4 + [Outcome.LOCKED]
    with pytest.raises(TooMany) as refusal:
        spend(alice, right)
    assert refusal.value.until == NOON + timedelta(minutes=15)


def test_hundred_wrong_codes_disable_set_but_not_phone(alice: User) -> None:
    """LG-01, NIST SP 800-63B-4, 3.2.2: per factor."""
    right = make(alice)[0]
    Factor.objects.filter(kind=Factor.Kind.RECOVERY_CODES).update(wrong_answers=99)
    spend(alice, STRANGER)
    assert spend(alice, right).outcome is Outcome.EXPIRED
    assert alice.factors.usable().get().kind == Factor.Kind.PHONE


def test_right_code_does_not_lower_counts_toward_hundred(alice: User) -> None:
    code = make(alice)[0]
    spend(alice, STRANGER)
    spend(alice, code)
    alice.refresh_from_db()
    held = recovery_codes.codes_of(alice)
    assert (alice.wrong_answers, held.wrong_answers, held.last_used_at) == (1, 1, NOON)


def test_use_and_replacement_are_notified_by_email_and_text(alice: User) -> None:
    """NT-01, NT-02."""
    code = make(alice)[0]
    spend(alice, code)
    used_text, used_mail, made_text, made_mail = OutboxMessage.objects.all()
    assert {used_text.target, made_text.target} == {PHONE}
    assert {used_mail.target, made_mail.target} == {alice.email}
    assert "new recovery codes" in made_mail.subject
    assert "you have new recovery codes" in made_text.body
    assert "You have 9 codes left." in used_mail.body
    assert "one of your recovery codes was used" in used_text.body


def test_no_message_holds_a_code(alice: User) -> None:
    codes = make(alice)
    spend(alice, codes[0])
    bodies = "".join(OutboxMessage.objects.values_list("body", flat=True))
    details = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert not [code for code in codes if code in bodies + details]


def test_email_asks_for_new_codes_from_three_left(alice: User) -> None:
    for code in make(alice)[:7]:
        assert "Make new codes" not in "".join(OutboxMessage.objects.values_list("body", flat=True))
        spend(alice, code)
    assert "Make new codes soon" in OutboxMessage.objects.filter(channel="email")[0].body


def test_sets_are_limited(alice: User, clock: time_machine.Traveller) -> None:
    for _ in range(5):
        make(alice)
    with pytest.raises(TooMany):
        make(alice)
    alice.refresh_from_db()
    clock.shift(timedelta(hours=2))
    assert make(alice)


def test_new_set_counts_as_adding_a_factor(bob: User) -> None:
    """SS-06, EN-02: other sessions end, and the password is no longer enough to enroll."""
    make(bob)
    bob.refresh_from_db()
    assert (bob.session_epoch, bob.ever_bound_at) == (1, NOON)


def test_second_parallel_session_makes_no_codes(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(session_epoch=7)
    assert make(alice) is None
    assert not RecoveryCode.objects.exists()


def test_set_is_identified_in_lists(alice: User) -> None:
    make(alice)
    held = recovery_codes.codes_of(alice)
    assert (str(held), held.restricted) == ("recovery codes", False)
    assert held.address == HERE.address
    assert {str(code) for code in held.recovery_codes.all()} == {"unused"}
    held.recovery_codes.update(used_at=timezone.now())
    assert {str(code) for code in held.recovery_codes.all()} == {"used"}


def test_repeated_used_code_is_hashed_only_up_to_limit(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    """It causes no lockout, so nothing else would stop a script from hashing without limit."""
    code = make(alice)[0]
    given = [spend(alice, code).outcome for _ in range(20)]
    assert given == [Outcome.RIGHT, *[Outcome.SPENT] * 19]
    assert AuditEvent.objects.filter(event=Event.CODE_LATE).count() == 19
    # No hash is cheap enough to have so little memory.
    monkeypatch.setattr(recovery_codes, "MEMORY_KIB", 0)
    with pytest.raises(TooMany):
        spend(alice, code)
