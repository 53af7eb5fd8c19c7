"""Answers of phones, and logins, in the same instant."""

from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from accounts.models import User
from mfa.challenges import Outcome
from mfa.channels.webpush import decoded, public_key
from mfa.channels.webpush.keys import encoded, point_of
from mfa.client import Client
from mfa.factors import Asked, push
from mfa.factors.push import Answered
from mfa.models import AuditEvent, Event, Factor, PushDevice, PushRequest
from mfa.rules.push import Decision, RequestState
from mfa.rules.routes import Purpose
from tests.phones import CURVE, KEY, give_deaf_phone, sign
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Client("198.51.100.1", "Firefox")
SESSION = Asked(nonce="session", purpose=Purpose.LOGIN)


@pytest.fixture
def device(alice: User, settings) -> PushDevice:
    settings.VAPID_PRIVATE_KEY = KEY
    return give_deaf_phone(alice)


@pytest.fixture
def key(device: PushDevice):
    made = ec.generate_private_key(CURVE)
    PushDevice.objects.filter(pk=device.pk).update(public_key=point_of(made.public_key()))
    return made


@pytest.fixture
def request_(alice: User, device: PushDevice) -> PushRequest:
    push.ask(alice, client=HERE, asked=SESSION)
    return PushRequest.objects.get()


def answer(request: PushRequest, device: PushDevice, key, decision: Decision) -> Answered:
    number = request.number if decision is Decision.APPROVE else ""
    text = sign(key, "portal approval 1", str(request.pk), number, decision)
    return push.answer(
        PushRequest.objects.select_related("user").get(pk=request.pk),
        PushDevice.objects.select_related("factor").get(pk=device.pk),
        decision=decision,
        number=number,
        signature=decoded(text),
        client=HERE,
    )


@pytest.mark.parametrize("_round", range(5))
def test_approve_against_deny_in_one_instant_has_one_winner(
    alice: User, device: PushDevice, key, request_: PushRequest, _round: int
) -> None:
    """push6: the first answer is final."""
    decisions = [Decision.APPROVE, Decision.DENY] * 5
    given = at_once([partial(answer, request_, device, key, each) for each in decisions])
    (won,) = [each for each in given if each is not Answered.LATE]
    request_.refresh_from_db()
    assert request_.state == won
    told = AuditEvent.objects.filter(event=Event.PUSH_DENIED).count()
    assert told == (won is Answered.DENIED)


def test_one_approval_opens_one_of_ten_parallel_continues(
    alice: User, device: PushDevice, key, request_: PushRequest
) -> None:
    answer(request_, device, key, Decision.APPROVE)

    def collect() -> Outcome:
        user = User.objects.get(pk=alice.pk)
        return push.verify(user, None, "", client=HERE, asked=SESSION).outcome

    given = many(10, collect)
    assert sorted(given) == sorted([Outcome.RIGHT, *[Outcome.EXPIRED] * 9])
    assert AuditEvent.objects.filter(event=Event.PUSH_RIGHT).count() == 1


def test_parallel_logins_leave_one_open_request(alice: User, device: PushDevice) -> None:
    """push10, PU-02: at most three in all."""

    def ask(at: int) -> None:
        user = User.objects.get(pk=alice.pk)
        push.ask(user, client=HERE, asked=Asked(nonce=f"session {at}", purpose=Purpose.LOGIN))

    at_once([partial(ask, at) for at in range(10)])
    states = list(PushRequest.objects.values_list("state", flat=True))
    assert sorted(states) == ["open", "replaced", "replaced"]


def test_one_of_ten_phones_takes_a_code(alice: User, settings) -> None:
    """The QR page opened by several at once."""
    settings.VAPID_PRIVATE_KEY = KEY
    settings.PUSH_TEST_ENDPOINTS = ["http://127.0.0.1:9"]
    code = push.begin(alice, nonce="session")
    found = push.find(code)

    def pair() -> str:
        made = ec.generate_private_key(CURVE)
        endpoint = "http://127.0.0.1:9/phone"
        point = point_of(made.public_key())
        sent = push.Subscribed(
            endpoint=endpoint,
            p256dh=encoded(point),
            auth=encoded(b"sixteen bytes..."),
            server_key=public_key(),
        )
        signature = decoded(sign(made, "portal phone 1", code, endpoint))
        return push.pair(found, code, sent, public_key=point, signature=signature, client=HERE)

    given = many(10, pair)
    assert sum(map(bool, given)) == 1
    assert PushRequest.objects.count() == 1


def test_parallel_setups_leave_five_phones(alice: User, settings) -> None:
    """Each session has a phone whose test it saw approved, and tries until it cannot add it."""
    settings.VAPID_PRIVATE_KEY = KEY
    for number in range(push.MOST_PHONES - 2):
        give_deaf_phone(alice, token=f"{number:043}")
    sessions = [f"session {number}" for number in range(6)]
    for nonce in sessions:
        push.begin(alice, nonce=nonce)
        device = push.begun(alice.pk, nonce=nonce)
        assert device
        push.try_out(device, timezone.now())
    PushRequest.objects.update(state=RequestState.APPROVED)

    def add(nonce: str) -> int:
        tries = range(len(sessions))
        person = (User.objects.get(pk=alice.pk) for _ in tries)
        added = (push.add(each, nonce=nonce, name="", client=HERE) for each in person)
        return sum(result.outcome is Outcome.RIGHT for result in added)

    assert sum(at_once([partial(add, nonce) for nonce in sessions])) == 2
    phones = Factor.objects.usable().filter(user=alice, kind=Factor.Kind.PUSH)
    assert phones.count() == push.MOST_PHONES
