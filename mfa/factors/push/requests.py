"""Requests to approve: asked by a login, answered by a phone, and collected by the login."""

from datetime import datetime
from enum import StrEnum
from functools import partial

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from mfa import audit, challenges
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.kind import Asked
from mfa.factors.push.devices import usable_of
from mfa.factors.push.keys import signed
from mfa.factors.push.sending import wake
from mfa.limits import counters, table as limits
from mfa.messages import alerts, notices
from mfa.models import AbstractMfaUser, Event, Factor, PushDevice, PushRequest
from mfa.models.challenges import current_key
from mfa.models.factors import USABLE
from mfa.rules import push as rules
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from mfa.rules.push import COLLECT_WITHIN, LIFE, Decision, RequestState
from mfa.rules.routes import Purpose


class Answered(StrEnum):
    """What became of a phone's answer. LATE: the request was over. UNSIGNED: nothing changed."""

    APPROVED = "approved"
    DENIED = "denied"
    MISTYPED = "mistyped"
    LATE = "late"
    UNSIGNED = "unsigned"


def current(person: int, *, nonce: str, purpose: Purpose) -> PushRequest | None:
    """Return the newest request of a person's flow, by the nonce of its session."""
    asked = PushRequest.objects.filter(
        user_id=person, asked_by=browser_of(nonce), purpose=purpose, to=None
    )
    return asked.select_related("device").order_by("-created_at").first()


def ask(user: AbstractMfaUser, *, client: Client, asked: Asked, again: bool = False) -> None:
    """Send a request to the person's phones, unless one of this flow is open. Raises TooMany.

    It replaces the person's open request, of whichever browser (push10). The phones in this
    browser get none: a login never approves itself (push8).
    """
    with transaction.atomic():
        now = timezone.now()
        phones, waits = _lock(user, asked, now)
        here = [pk for pk, token_hash in phones.items() if token_hash in asked.here]
        if len(here) == len(phones) or (waits and not again):
            return
        counters.take([limits.PUSHES.of(client.failures_of(str(user.pk)))])
        open_ = PushRequest.objects.filter(user_id=user.pk, to=None, state=RequestState.OPEN)
        open_.update(state=RequestState.REPLACED)
        request = PushRequest.objects.create(
            user_id=user.pk,
            here=here,
            purpose=asked.purpose,
            asked_by=browser_of(asked.nonce),
            key=current_key(),
            created_at=now,
            address=client.address or None,
            browser=client.browser,
        )
        audit.record(Event.PUSH_SENT, user, client=client, purpose=asked.purpose)
        wake(request)


def _lock(user: AbstractMfaUser, asked: Asked, now: datetime) -> tuple[dict[int, str], bool]:
    """Lock the person. Return the hashes of the phones' cookies, and whether this flow waits.

    One statement does it all, because each login by push pays for it.
    """
    open_ = PushRequest.objects.filter(
        user_id=user.pk,
        asked_by=browser_of(asked.nonce),
        purpose=asked.purpose,
        to=None,
        state=RequestState.OPEN,
        created_at__gt=now - LIFE,
    )
    phones = usable_of(user.pk).select_related("user").only("token_hash", "user__id")
    held = list(phones.annotate(waits=Exists(open_)).select_for_update(no_key=True, of=("user",)))
    return {phone.pk: phone.token_hash for phone in held}, any(phone.waits for phone in held)


def open_for(device: PushDevice, now: datetime) -> PushRequest | None:
    """Return the login request that this phone can answer now."""
    if device.factor_id is None:
        return None
    waiting = PushRequest.objects.filter(
        user_id=device.user_id, to=None, state=RequestState.OPEN, created_at__gt=now - LIFE
    ).first()
    return waiting if waiting and may_answer(device, waiting) else None


def may_answer(device: PushDevice, request: PushRequest) -> bool:
    """Whether this phone is one that the request asks."""
    if request.to_id is not None:
        return request.to_id == device.pk
    asked = device.factor_id is not None and device.user_id == request.user_id
    return asked and device.pk not in request.here


def answer(
    request: PushRequest,
    device: PushDevice,
    *,
    decision: Decision,
    number: str,
    signature: bytes,
    client: Client,
) -> Answered:
    """Store a phone's answer. The first one is final, and only its row count says so (push6).

    The signature covers the request, the number and the decision (PU-01, PU-03).
    """
    text = rules.answer_text(str(request.pk), number, decision)
    if not may_answer(device, request) or not signed(bytes(device.public_key), text, signature):
        if counters.is_first(limits.LATE_RECORDS.of(str(request.user_id))):
            audit.record(Event.PUSH_REFUSED, request.user, client=client)
        return Answered.UNSIGNED
    if decision is Decision.DENY:
        state, answered = RequestState.DENIED, Answered.DENIED
    elif rules.is_number(number) and number == request.number:
        state, answered = RequestState.APPROVED, Answered.APPROVED
    else:
        state, answered = RequestState.MISTYPED, Answered.MISTYPED
    with transaction.atomic():
        now = timezone.now()
        open_ = PushRequest.objects.filter(
            pk=request.pk, state=RequestState.OPEN, created_at__gt=now - LIFE
        )
        if not open_.update(state=state, answered_at=now, device=device):
            return Answered.LATE
        _record(request, answered, client)
    return answered


def _record(request: PushRequest, answered: Answered, client: Client) -> None:
    user = request.user
    if answered is Answered.MISTYPED:
        audit.record(Event.PUSH_WRONG, user, client=client)
    if answered is not Answered.DENIED or request.to_id is not None:
        return
    asking = Client(address=request.address or "", browser=request.browser)
    notices.tell(Event.PUSH_DENIED, user, client=asking)
    about, person = str(user.pk), user.email
    warn = partial(alerts.warn, alerts.Alert.REQUEST_DENIED, about=about, person=person)
    transaction.on_commit(warn, robust=True)


def verify(
    user: AbstractMfaUser,
    factor: Factor | None,  # noqa: ARG001 any of the person's phones may answer
    typed: str,  # noqa: ARG001 the number is typed on the phone
    *,
    client: Client,
    asked: Asked,
) -> Result:
    """Collect the approval of this flow's request. It works once. Raises TooMany."""
    request = current(user.pk, nonce=asked.nonce, purpose=asked.purpose)
    if request is None or request.device is None:
        return Result(Outcome.EXPIRED)
    with transaction.atomic():
        challenges.hold(user, client)
        now = timezone.now()
        approved = PushRequest.objects.filter(
            pk=request.pk,
            state=RequestState.APPROVED,
            answered_at__gt=now - COLLECT_WITHIN,
            device__factor__status__in=USABLE,
        )
        if not approved.update(state=RequestState.USED):
            return Result(Outcome.EXPIRED)
        used = request.device.factor_id or 0
        challenges.clear(user, used, client=client, own=asked.own, channel=ChannelName.PUSH)
        audit.record(Event.PUSH_RIGHT, user, client=client, factor=used)
    return Result(Outcome.RIGHT)
