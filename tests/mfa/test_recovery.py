"""Recovery codes: shown once, hashed, one use each, throttled, told (LK-01)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from accounts.hashers import Argon2idHasher
from accounts.models import User
from mfa import recovery
from mfa.answers import Answer, Judgement
from mfa.counters import TooMany
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, RecoveryCode
from mfa.origin import Origin
from mfa.rules.recovery import normalize
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Origin("198.51.100.1", "Firefox")
PHONE = "+447700900201"
STRANGER = "0" * 13
# As it is before the tests make it cheap
MEMORY_KIB = recovery.MEMORY_KIB


def make(user: User) -> list[str]:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return recovery.make(user, origin=HERE)


def spend(user: User, shown: str) -> Judgement:
    person = User.objects.get(pk=user.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return recovery.spend(person, normalize(shown), origin=HERE)


def test_ten_different_codes_are_made(alice: User) -> None:
    codes = make(alice)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", code) for code in codes)
    assert recovery.left(recovery.codes_of(alice)) == 10


def test_the_database_holds_a_slow_hash_and_no_code(alice: User) -> None:
    codes = {normalize(code) for code in make(alice)}
    digests = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert len(digests) == 10
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)
    assert not codes & digests


def test_the_hash_costs_what_a_passwords_does() -> None:
    """NIST SP 800-63B-4, 3.1.2.2: slow, since 65 bits are less than 112."""
    assert Argon2idHasher.memory_cost == MEMORY_KIB


def test_two_people_have_two_salts(alice: User, charlie: User) -> None:
    make(alice)
    make(charlie)
    sets = Factor.objects.filter(kind=Factor.Kind.RECOVERY_CODES)
    assert len({codes.secret for codes in sets}) == 2


def test_a_code_is_right_once(alice: User) -> None:
    """M13."""
    code = make(alice)[3]
    assert spend(alice, code).answer is Answer.RIGHT
    assert spend(alice, code).answer is Answer.SPENT
    assert recovery.left(recovery.codes_of(alice)) == 9


def test_a_used_code_costs_no_try(alice: User) -> None:
    code = make(alice)[0]
    spend(alice, code)
    spend(alice, code)
    alice.refresh_from_db()
    assert alice.wrong_answers == 0
    assert AuditEvent.objects.filter(event=Event.CODE_LATE).count() == 1


def test_the_code_of_charlie_is_wrong_for_alice(alice: User, charlie: User) -> None:
    make(alice)
    theirs = make(charlie)[0]
    assert spend(alice, theirs).answer is Answer.WRONG
    assert spend(charlie, theirs).answer is Answer.RIGHT


def test_a_replaced_set_is_dead(alice: User) -> None:
    former = make(alice)[0]
    make(alice)
    assert spend(alice, former).answer is Answer.WRONG
    assert Factor.objects.usable().filter(kind=Factor.Kind.RECOVERY_CODES).count() == 1


def test_without_a_set_nothing_is_right(alice: User) -> None:
    assert spend(alice, STRANGER) == Judgement(Answer.EXPIRED)
    alice.refresh_from_db()
    assert alice.wrong_answers == 0


def test_the_last_code_ends_the_set(alice: User) -> None:
    for code in make(alice):
        assert spend(alice, code).answer is Answer.RIGHT
    assert recovery.codes_of(alice) is None
    assert "It was the last one." in OutboxMessage.objects.filter(channel="email")[0].body


def test_a_wrong_code_says_how_many_tries_there_are_before_a_wait(alice: User) -> None:
    make(alice)
    assert spend(alice, STRANGER) == Judgement(Answer.WRONG, 4)
    assert spend(alice, STRANGER) == Judgement(Answer.WRONG, 3)


def test_five_wrong_codes_of_strangers_cost_the_shared_wait(alice: User) -> None:
    """LG-01: one wait over all factors."""
    right = make(alice)[0]
    given = [spend(alice, STRANGER).answer for _ in range(5)]
    assert given == [Answer.WRONG] * 4 + [Answer.LOCKED]
    with pytest.raises(TooMany) as refusal:
        spend(alice, right)
    assert refusal.value.until == NOON + timedelta(minutes=15)


def test_a_hundred_wrong_codes_end_the_set_and_not_the_phone(alice: User) -> None:
    """LG-01, NIST SP 800-63B-4, 3.2.2: per factor."""
    right = make(alice)[0]
    Factor.objects.filter(kind=Factor.Kind.RECOVERY_CODES).update(wrong_answers=99)
    spend(alice, STRANGER)
    assert spend(alice, right).answer is Answer.EXPIRED
    assert alice.factors.usable().get().kind == Factor.Kind.PHONE


def test_a_right_code_does_not_lower_the_counts_toward_a_hundred(alice: User) -> None:
    code = make(alice)[0]
    spend(alice, STRANGER)
    spend(alice, code)
    alice.refresh_from_db()
    held = recovery.codes_of(alice)
    assert (alice.wrong_answers, held.wrong_answers, held.last_used_at) == (1, 1, NOON)


def test_use_and_replacement_are_told_by_mail_and_text(alice: User) -> None:
    """NT-01, NT-02."""
    code = make(alice)[0]
    spend(alice, code)
    used_text, used_mail, made_text, made_mail = OutboxMessage.objects.all()
    assert {used_text.target, made_text.target} == {PHONE}
    assert {used_mail.target, made_mail.target} == {alice.email}
    assert "new recovery codes were made" in made_mail.subject
    assert "new recovery codes were made" in made_text.body
    assert "You have 9 codes left." in used_mail.body
    assert "one of your recovery codes was used" in used_text.body


def test_no_message_holds_a_code(alice: User) -> None:
    codes = make(alice)
    spend(alice, codes[0])
    bodies = "".join(OutboxMessage.objects.values_list("body", flat=True))
    details = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert not [code for code in codes if code in bodies + details]


def test_from_three_left_on_the_mail_asks_for_new_ones(alice: User) -> None:
    for code in make(alice)[:7]:
        assert "Make new ones" not in "".join(OutboxMessage.objects.values_list("body", flat=True))
        spend(alice, code)
    assert "Make new ones soon" in OutboxMessage.objects.filter(channel="email")[0].body


def test_sets_are_limited(alice: User, clock: time_machine.Traveller) -> None:
    for _ in range(5):
        make(alice)
    with pytest.raises(TooMany):
        make(alice)
    alice.refresh_from_db()
    clock.shift(timedelta(hours=2))
    assert make(alice)


def test_a_set_is_a_binding(bob: User) -> None:
    """SS-06, EN-02: other sessions end, and a password alone enrolls nothing from now on."""
    make(bob)
    bob.refresh_from_db()
    assert (bob.session_epoch, bob.ever_bound_at) == (1, NOON)


def test_who_was_overtaken_by_another_session_makes_none(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(session_epoch=7)
    assert make(alice) is None
    assert not RecoveryCode.objects.exists()


def test_a_set_is_told_apart_in_lists(alice: User) -> None:
    make(alice)
    held = recovery.codes_of(alice)
    assert (str(held), held.restricted) == ("recovery codes", False)
    assert held.address == HERE.address
    assert {str(code) for code in held.recovery_codes.all()} == {"unused"}
    held.recovery_codes.update(used_at=timezone.now())
    assert {str(code) for code in held.recovery_codes.all()} == {"used"}


def test_a_used_code_sent_again_and_again_is_soon_hashed_no_more(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    """It costs no wait, so nothing else would stop a script from hashing without end."""
    code = make(alice)[0]
    given = [spend(alice, code).answer for _ in range(20)]
    assert given == [Answer.RIGHT, *[Answer.SPENT] * 19]
    assert AuditEvent.objects.filter(event=Event.CODE_LATE).count() == 19
    # No hash is made of so little memory.
    monkeypatch.setattr(recovery, "MEMORY_KIB", 0)
    with pytest.raises(TooMany):
        spend(alice, code)
