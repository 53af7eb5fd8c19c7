"""Challenges without a person: sent to an address, verified in one browser (RG-01, RG-02)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa import challenges
from mfa.audit import NOWHERE
from mfa.challenges import Outcome, Target, newcomers
from mfa.limits import table as limits
from mfa.limits.counters import TooMany
from mfa.login import verify
from mfa.login.flow import Flow
from mfa.login.pending import PendingLogin
from mfa.models import AuditEvent, Challenge, Delivery, OutboxMessage
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]

ANN, LIFE = "ann@example.org", timedelta(minutes=10)
WORDS = {"language": "en", "contact": "the help desk", "organization_name": ""}


def issue(nonce: str = "nonce", email: str = ANN) -> Challenge:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return newcomers.issue(email, life=LIFE, nonce=nonce, words=WORDS, client=NOWHERE)


def right(challenge: Challenge) -> str:
    return challenge.code_for(challenge.browser) or ""


def judge(challenge: Challenge, typed: str, nonce: str = "nonce") -> Outcome:
    return newcomers.judge(challenge, typed, nonce=nonce, client=NOWHERE).outcome


def test_challenge_belongs_to_no_one() -> None:
    challenge = issue()
    assert (challenge.user_id, challenge.purpose, challenge.target) == (None, "register", ANN)
    assert challenge.deliveries.get().user_id is None


def test_code_is_right_once_and_only_with_its_nonce() -> None:
    challenge = issue()
    code = right(challenge)
    assert judge(challenge, code, "another nonce") is Outcome.WRONG
    assert judge(challenge, code) is Outcome.RIGHT
    assert judge(challenge, code) is Outcome.SPENT


def test_late_codes_are_recorded_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LATE_RECORDS", limits.Limit("late-records", 2, limits.HOUR))
    challenge = issue()
    judge(challenge, right(challenge))
    assert {judge(challenge, right(challenge)) for _ in range(4)} == {Outcome.SPENT}
    assert AuditEvent.objects.filter(event="code_late", user=None).count() == 2


def test_newer_challenge_of_a_browser_replaces_the_older() -> None:
    first = issue()
    code = right(first)
    newest = issue()
    assert judge(newest, code) is Outcome.REPLACED
    assert judge(first, code) is Outcome.REPLACED
    assert judge(newest, right(newest)) is Outcome.RIGHT


def test_challenges_of_other_browsers_stay() -> None:
    first = issue()
    issue("another nonce")
    assert judge(first, right(first)) is Outcome.RIGHT


def test_challenge_of_a_lost_key_has_expired(settings) -> None:
    challenge = issue()
    settings.SECRET_KEY = "another secret key, long enough for the portal"
    settings.SECRET_KEY_FALLBACKS = []
    assert judge(challenge, "123456") is Outcome.EXPIRED


def test_repeated_email_carries_the_same_code_after_a_pause(clock) -> None:
    challenge = issue()
    with pytest.raises(TooMany):
        newcomers.repeat(challenge, words=WORDS, client=NOWHERE)
    clock.shift(31)
    with TestCase.captureOnCommitCallbacks(execute=True):
        newcomers.repeat(challenge, words=WORDS, client=NOWHERE)
    assert [right(challenge) in mail.body for mail in OutboxMessage.objects.all()] == [True, True]


def test_account_made_before_the_email_leaves_changes_its_text(alice: User) -> None:
    """Only the worker looks for the account, when it sends."""
    challenge = issue(email=alice.email)
    mail = OutboxMessage.objects.get()
    assert mail.subject == "Acme Portal: your email address already has an account"
    assert right(challenge) not in mail.body
    assert Delivery.objects.get().user_id is None


def test_email_of_a_closed_challenge_is_dropped(alice: User) -> None:
    """For known and unknown addresses alike, so the page cannot tell them apart."""
    for email in (ANN, alice.email):
        with TestCase.captureOnCommitCallbacks() as waiting:
            challenge = newcomers.issue(email, life=LIFE, nonce=email, words=WORDS, client=NOWHERE)
        Challenge.objects.filter(pk=challenge.pk).update(voided_at=timezone.now())
        for wake in waiting:
            wake()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dropped"}


def test_no_flow_of_a_person_registers(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Purpose.REGISTER never has a person, so a forged flow gets nowhere."""
    target = Target(channel=ChannelName.EMAIL, address=alice.email)
    register = {"purpose": Purpose.REGISTER, "nonce": "nonce", "client": NOWHERE}
    with pytest.raises(PermissionDenied):
        challenges.issue(alice, target, **register)
    pending = PendingLogin.begin(alice, Purpose.REGISTER, timezone.now())
    with pytest.raises(PermissionDenied):
        verify.prove(issue(), alice, pending, client=NOWHERE)
    flow = Flow(request=HttpRequest(), pending=pending, user=alice)
    monkeypatch.setattr(Flow, "asks", Purpose.REGISTER)
    with pytest.raises(PermissionDenied):
        flow.ask()
