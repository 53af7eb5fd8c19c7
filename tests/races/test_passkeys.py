"""Parallel answers by one passkey."""

from functools import partial

import pytest

from accounts.models import User
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors import passkey
from mfa.models import AuditEvent, Event
from mfa.models.passkeys import Passkey
from mfa.rules.passkeys import Check, Refused
from mfa.rules.routes import Purpose
from tests.passkeys import give_passkey
from tests.races.parallel import many
from tests.security_key import decode

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Client("198.51.100.1", "Firefox")


def challenge(user: User) -> bytes:
    options = passkey.options_to_answer(user, nonce="session", purpose=Purpose.LOGIN, client=HERE)
    return decode(options["challenge"])


def judge(user: User, text: str) -> Result | Check:
    fresh = User.objects.get(pk=user.pk)
    try:
        return passkey.judge(fresh, text, nonce="session", purpose=Purpose.LOGIN, client=HERE)
    except Refused as refusal:
        return refusal.check


def checks(given: list) -> list[Check]:
    return [one for one in given if isinstance(one, Check)]


def test_one_of_twenty_parallel_answers_to_a_challenge_passes(alice: User) -> None:
    """Synced passkeys have no counter, so only the challenge protects them."""
    key = give_passkey(alice, counter=None)
    given = many(20, partial(judge, alice, key.answer(challenge(alice))))
    assert [one.outcome for one in given if isinstance(one, Result)] == [Outcome.RIGHT]
    assert checks(given) == [Check.CHALLENGE] * 19
    assert AuditEvent.objects.filter(event=Event.PASSKEY_RIGHT).count() == 1


def test_one_of_ten_parallel_answers_with_one_counter_passes(alice: User) -> None:
    """A copy answers other challenges at the same moment."""
    key = give_passkey(alice)
    texts = [key.answer(challenge(alice), counter=9) for _ in range(10)]
    given = many(10, lambda: judge(alice, texts.pop()))
    assert [one.outcome for one in given if isinstance(one, Result)] == [Outcome.RIGHT]
    assert checks(given) == [Check.COUNTER] * 9
    assert Passkey.objects.get().sign_count == 9
