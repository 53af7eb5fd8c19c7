"""Adding a phone: a code on the computer, a key on the phone, and a test of both (push8)."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.binding import rebind
from mfa.factors.phone import numbers_of
from mfa.factors.push.devices import Subscribed, are_enough, hash_of, read
from mfa.factors.push.keys import is_point, signed
from mfa.factors.push.sending import wake
from mfa.limits import counters, table as limits
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor, PushDevice, PushRequest
from mfa.models.challenges import current_key
from mfa.rules import base32, push as rules
from mfa.rules.codes import browser_of
from mfa.rules.push import SETUP_LASTS, RequestState
from mfa.rules.routes import Purpose

# 60 bits, for ten minutes
CODE_LETTERS = 12
GROUP = 4
TOKEN_BYTES = 32


def grouped(code: str) -> str:
    """Return a code as pages show it: XXXX-XXXX-XXXX."""
    return "-".join(code[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP))


def tidy(typed: str) -> str:
    """Return a typed code without spaces, dashes and look-alikes."""
    return "".join(letter for letter in base32.tidy(typed[:100]) if letter.isalnum())


def begin(user: AbstractMfaUser, *, nonce: str) -> str:
    """Return a new code for a phone, which ends the earlier one of this session. Raises TooMany."""
    counters.take([limits.PHONE_SETUPS.of(str(user.pk))])
    code = base32.spell(secrets.randbits(5 * CODE_LETTERS), CODE_LETTERS)
    with transaction.atomic():
        PushDevice.objects.filter(user_id=user.pk, factor=None, asked_by=browser_of(nonce)).delete()
        PushDevice.objects.create(
            user_id=user.pk, code_hash=hash_of(code), asked_by=browser_of(nonce)
        )
    return code


def begun(person: int, *, nonce: str) -> PushDevice | None:
    """Return the phone that this session is adding, if its time is not over."""
    mine = PushDevice.objects.filter(user_id=person, factor=None, asked_by=browser_of(nonce))
    return mine.filter(created_at__gt=timezone.now() - SETUP_LASTS).first()


def find(code: str) -> PushDevice | None:
    """Return the phone that a code adds. It is used once its `paired_at` is set."""
    waiting = PushDevice.objects.select_related("user").filter(factor=None, code_hash=hash_of(code))
    return waiting.filter(created_at__gt=timezone.now() - SETUP_LASTS).first()


def test_of(device: PushDevice) -> PushRequest | None:
    """Return the newest test of a phone that is being added."""
    return device.tests.order_by("-created_at").first()


def pair(
    device: PushDevice,
    code: str,
    sent: Subscribed,
    *,
    public_key: bytes,
    signature: bytes,
    client: Client,
) -> str:
    """Store the key and the subscription of the phone, and send its test. It works once.

    Return the token for the phone's cookie, or "" if another phone was first. Raises ValueError for
    keys and addresses that the portal cannot use.
    """
    kept = read(sent)
    text = rules.setup_text(code, sent.endpoint)
    if not is_point(public_key) or not signed(public_key, text, signature):
        raise ValueError("the phone's signature is not valid")
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    with transaction.atomic():
        waiting = PushDevice.objects.filter(pk=device.pk, factor=None, paired_at=None)
        paired = waiting.update(
            paired_at=now,
            public_key=public_key,
            token_hash=hash_of(token),
            subscription=kept,
            server_key=sent.server_key,
            subscribed_at=now,
            browser=client.browser,
        )
        if not paired:
            return ""
        try_out(device, now)
    return token


def try_out(device: PushDevice, now: datetime) -> None:
    """Send a test that only this phone can answer, with a number of its own."""
    device.tests.filter(state=RequestState.OPEN).update(state=RequestState.REPLACED)
    test = PushRequest.objects.create(
        user_id=device.user_id,
        to=device,
        purpose=Purpose.ENROLL,
        asked_by=device.asked_by,
        key=current_key(),
        created_at=now,
    )
    wake(test)


def add(user: AbstractMfaUser, *, nonce: str, name: str, client: Client) -> Result:
    """Add the phone whose test this session saw approved.

    The outcome is EXPIRED without one, with enough phones, or if another session changed the
    factors.
    """
    device = begun(user.pk, nonce=nonce)
    if device is None:
        return Result(Outcome.EXPIRED)
    with transaction.atomic():
        approved = device.tests.filter(state=RequestState.APPROVED)
        added = approved.update(state=RequestState.USED) and rebind(user)
        # Counted after `rebind`, which locked the person's row
        if not added or are_enough(user):
            transaction.set_rollback(True)
            return Result(Outcome.EXPIRED)
        factor = Factor.objects.create(
            user_id=user.pk,
            kind=Factor.Kind.PUSH,
            name=name or device.words,
            confirmed_at=timezone.now(),
            address=client.address or None,
            browser=client.browser,
        )
        PushDevice.objects.filter(pk=device.pk, factor=None).update(factor=factor)
        numbers = numbers_of(user)
        notices.tell(Event.PUSH_ADDED, user, client=client, numbers=numbers, factor=factor.pk)
    return Result(Outcome.RIGHT)
