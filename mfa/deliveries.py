"""Deliveries: queued with what they carry, sent once by a worker, off the request."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from celery import Task, shared_task, signature
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from mfa import budget, channels, kept, plain_text, prefixes
from mfa.channels.base import (
    DeliveryError,
    Message,
    Progress,
    Receipt,
    Sent,
    Tidings,
    broken,
)
from mfa.models import Challenge, Delivery, Protected, Purpose, Reason
from mfa.models.challenges import random_id
from mfa.rules.routes import ChannelName

logger = logging.getLogger("mfa.deliveries")

STATE_OF = {
    Progress.ACCEPTED: Delivery.State.ACCEPTED,
    Progress.SENT: Delivery.State.SENT,
    Progress.DELIVERED: Delivery.State.DELIVERED,
    Progress.FAILED: Delivery.State.FAILED,
}
# Receipts may repeat, overtake each other and stay away, so a state only ever rises. "Sent" may be
# the last word: many carriers never report.
RANK = {
    Delivery.State.SENDING: 0,
    Delivery.State.MAYBE: 0,
    Delivery.State.ACCEPTED: 1,
    Delivery.State.SENT: 2,
    Delivery.State.DELIVERED: 3,
    Delivery.State.FAILED: 3,
}
# What comes later helps nobody.
RECEIPTS_FOR = timedelta(days=1)
# A worker takes a row within a second; what nobody took by then lost its wake-up call.
WAKE_AFTER = timedelta(seconds=5)
# A send ends within 10 s; what runs longer belonged to a worker that died.
GIVE_UP_AFTER = timedelta(seconds=60)
# Texts have a queue of their own: while their provider hangs they hold up neither mails, which are
# the way round it, nor the sweep.
QUEUE_OF = {str(ChannelName.SMS): "sms"}
EVERYTHING_ELSE = "celery"
# A mail server restarts within a minute; after a day somebody has looked.
TRY_AFTER, TRY_FOR = timedelta(minutes=1), timedelta(days=1)
# What the sweep wakes at once: a broker that comes back must not drown.
SWEEP = 500


def queue(
    user: Protected,
    message: str,
    *,
    channel: str,
    target: str,
    challenge: Challenge | None = None,
    context: Mapping[str, str | int | list[str]] | None = None,
    attempt: int = 1,
) -> Delivery:
    """Write the row in the caller's transaction and wake a worker when that commits."""
    delivery = Delivery.objects.create(
        user_id=user.pk,
        challenge=challenge,
        message=message,
        context=dict(context or {}),
        channel=channel,
        target=target,
        attempt=attempt,
        created_at=timezone.now(),
        receipt_id=random_id() if channel == ChannelName.SMS else None,
    )

    # Not a partial: Django logs a failed one by its __qualname__, and a partial has none.
    def wake() -> None:
        _wake(deliver, delivery.pk, channel)

    transaction.on_commit(wake, robust=True)
    return delivery


def queue_nothing() -> None:
    """Wake a worker for no row: who is mailed and who is not cost the page the same (LG-03)."""

    def wake() -> None:
        deliver.delay(0)

    transaction.on_commit(wake, robust=True)


@shared_task(name="mfa.deliveries.deliver")
def deliver(pk: int) -> None:
    """Claim a queued row and send it once; a second worker finds nothing to claim."""
    if not kept.is_id(pk):
        return
    claimed = Delivery.objects.filter(pk=pk, state=Delivery.State.QUEUED).update(
        state=Delivery.State.SENDING, claimed_at=timezone.now()
    )
    if not claimed:
        return
    delivery = Delivery.objects.select_related("challenge", "user").get(pk=pk)
    match _send(delivery):
        case None:
            _finish(delivery, state=Delivery.State.DROPPED)
        case Receipt() as receipt:
            _finish(delivery, state=STATE_OF[receipt.progress], provider_id=receipt.provider_id)
        case DeliveryError() as error:
            _finish(delivery, state=_left_by(error, delivery), reason=error.reason, code=error.code)
            if error.sent is Sent.NO and delivery.challenge:
                prefixes.refund(delivery.challenge)


def _send(delivery: Delivery) -> Receipt | DeliveryError | None:
    """Return what became of a message, None when it is not needed any more.

    Whatever breaks in here is told as our own fault: nobody else has heard of the message.
    """
    try:
        message = _compose(delivery)
        if message is None:
            return None
        channel = channels.get(delivery.channel)
        if not budget.spend(delivery):
            return DeliveryError(Reason.HELD_BACK, permanent=True)
        return channel.send(message)
    except DeliveryError as error:
        return error
    except Exception as error:  # noqa: BLE001
        return broken(error, f"sending delivery {delivery.pk} by {delivery.channel}")


def confirm(challenge: Challenge) -> None:
    """Have a worker tell the provider, if it is to know, that a text brought its code back.

    Repeats carry the same code: the newest one that was taken counts.
    """
    if challenge.channel != ChannelName.SMS or not channels.get(challenge.channel).wants_feedback:
        return
    taken = challenge.deliveries.exclude(provider_id="").exclude(state=Delivery.State.FAILED)
    newest = taken.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return

    def wake() -> None:
        _wake(report, newest, ChannelName.SMS)

    transaction.on_commit(wake, robust=True)


@shared_task(name="mfa.deliveries.report")
def report(pk: int) -> None:
    """Tell the provider once that a text brought its code back; nothing depends on it."""
    if not kept.is_id(pk):
        return
    rows = Delivery.objects.filter(pk=pk, confirmed_at=None)
    if not rows.update(confirmed_at=timezone.now()):
        return
    delivery = Delivery.objects.get(pk=pk)
    try:
        channels.get(delivery.channel).confirm(delivery.provider_id)
    except DeliveryError as error:
        logger.warning("delivery %s: the provider did not take the feedback: %s", pk, error)


@shared_task(name="mfa.deliveries.sweep")
def sweep() -> None:
    """Wake what nobody took and what is tried again, close what a dead worker had taken.

    That was maybe sent, and is never repeated.
    """
    now = timezone.now()
    Delivery.objects.filter(
        state=Delivery.State.SENDING, claimed_at__lt=now - GIVE_UP_AFTER
    ).update(state=Delivery.State.MAYBE, reason=Reason.INTERNAL, finished_at=now)
    unseen = Q(claimed_at=None, created_at__lt=now - WAKE_AFTER)
    # Each pause is as long as all before it.
    again_at = F("claimed_at") + (F("claimed_at") - F("created_at"))
    tried = Q(claimed_at__lt=now - TRY_AFTER, again_at__lte=now)
    waiting = Delivery.objects.alias(again_at=again_at).filter(state=Delivery.State.QUEUED)
    rows = waiting.filter(unseen | tried).order_by("created_at").values_list("pk", "channel")
    for pk, channel in rows[:SWEEP]:
        _wake(deliver, pk, channel)


def oldest_waiting() -> datetime | None:
    """Return when the oldest message that no worker has taken was asked for."""
    waiting = Delivery.objects.filter(state=Delivery.State.QUEUED, claimed_at=None)
    return waiting.order_by("created_at").values_list("created_at", flat=True).first()


def _wake(task: "Task[[int], None]", pk: int, channel: str) -> None:
    task.apply_async((pk,), queue=QUEUE_OF.get(channel, EVERYTHING_ELSE))


def receive(receipt_id: UUID, tidings: Tidings, *, purposes: frozenset[str] | None = None) -> bool:
    """Take the provider's word about a message that is ours; say whether it told anything new.

    `purposes`: about codes for these alone.

    The message's own id must fit too, unless the row has none: a receipt can overtake the answer
    to its create request, and it clears up what was maybe sent.
    """
    now = timezone.now()
    state = STATE_OF[tidings.progress]
    lower = [known for known, rank in RANK.items() if rank < RANK[state]]
    ours = Q(provider_id=tidings.provider_id) | Q(provider_id="")
    rows = Delivery.objects.filter(
        ours,
        receipt_id=receipt_id,
        target__startswith=tidings.to,
        state__in=lower,
        created_at__gt=now - RECEIPTS_FOR,
    )
    if purposes is not None:
        rows = rows.filter(challenge__purpose__in=purposes)
    changed = rows.update(
        state=state,
        reason=tidings.reason or "",
        code=tidings.code,
        provider_id=tidings.provider_id,
        finished_at=now,
    )
    if changed and state == Delivery.State.FAILED:
        _learn(Delivery.objects.values_list("pk", flat=True).get(receipt_id=receipt_id))
    return bool(changed)


def _left_by(error: DeliveryError, delivery: Delivery) -> Delivery.State:
    """Return the state in which a fault leaves a message.

    A mail that surely did not leave is tried again, unless it carries a code, which its person
    asks for anew: what is told to the owner of an account must get there (NT-02).
    """
    if error.sent is Sent.MAYBE:
        return Delivery.State.MAYBE
    passes = delivery.channel == ChannelName.EMAIL and not error.permanent
    young = timezone.now() - delivery.created_at < TRY_FOR
    again = passes and young and delivery.challenge is None
    return Delivery.State.QUEUED if again else Delivery.State.FAILED


def _finish(
    delivery: Delivery,
    *,
    state: Delivery.State,
    reason: str = "",
    code: str = "",
    provider_id: str = "",
) -> None:
    logger.info(
        "delivery %s by %s: %s %s",
        delivery.pk,
        delivery.channel,
        state,
        reason,
        extra={
            "delivery": delivery.pk,
            "user": delivery.user_id,
            "channel": delivery.channel,
            "state": str(state),
            "reason": str(reason),
        },
    )
    finished = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENDING).update(
        state=state,
        reason=reason,
        code=code,
        provider_id=provider_id,
        finished_at=None if state == Delivery.State.QUEUED else timezone.now(),
    )
    if finished and reason and delivery.channel == ChannelName.SMS:
        _learn(delivery.pk)


def _learn(pk: int) -> None:
    """Wake what learns from a text that failed, by its name: it stands above this module."""

    def wake() -> None:
        signature("mfa.failures.learn", args=(pk,)).delay()

    transaction.on_commit(wake, robust=True)


def send_now(user: Protected, message: str) -> DeliveryError | None:
    """Mail a person while the caller waits, and keep no row; return why it did not go."""
    outcome = _send(
        Delivery(
            user_id=user.pk,
            message=message,
            channel=ChannelName.EMAIL,
            target=user.email,
            created_at=timezone.now(),
        )
    )
    return outcome if isinstance(outcome, DeliveryError) else None


# What people typed: a mail program must not make links of it in a mail of ours (S20). The filter
# factor_words does the same with the names of apps.
TYPED = ("reason", "group", "contact")


def _compose(delivery: Delivery) -> Message | None:
    """Render the message in the person's language; None when its code or link is dead (OT-13)."""
    context: dict[str, object] = {
        **delivery.context,
        "user": delivery.user,
        "at": delivery.created_at,
        "contact": delivery.user.mfa_policy.contact,
        "portal_name": settings.PORTAL_NAME,
        "base_url": settings.BASE_URL,
        "host": settings.HOST,
    }
    context |= {name: plain_text.unlinked(str(context.get(name, ""))) for name in TYPED}
    link = delivery.context.get("link")
    # An offer goes without its link where that is dead: the warning around it still counts.
    if mailed := link or delivery.context.get("offer"):
        address = delivery.user.mailed_link(
            mailed,
            target=delivery.target,
            at=delivery.created_at,
            epoch=delivery.context.get("epoch"),
        )
        if link and address is None:
            return None
        context["address_of_link"] = address
    life = None
    if challenge := delivery.challenge:
        life = (challenge.expires_at - timezone.now()).total_seconds()
        code = challenge.code_for(challenge.browser)
        if code is None or not Challenge.objects.open(timezone.now()).filter(pk=challenge.pk):
            return None
        context |= {"code": code, "purpose": challenge.purpose, "minutes": max(1, round(life / 60))}
    with translation.override(delivery.user.language):
        return _render(delivery, context, None if life is None else int(life))


def _render(delivery: Delivery, context: dict[str, object], life: int | None) -> Message:
    def part(name: str) -> str:
        return render_to_string(name, context).strip()

    if delivery.channel == ChannelName.SMS:
        text = part(f"messages/sms/{delivery.message}.txt")
        return Message(
            to=delivery.target,
            text=text,
            life_seconds=life,
            attempt=delivery.attempt,
            receipt_id=delivery.receipt_id,
            by_candidate=context.get("purpose") == Purpose.ACCOUNT,
        )
    folder = f"emails/{delivery.message}"
    return Message(
        to=delivery.target,
        subject=" ".join(part(f"{folder}/subject.txt").split()),
        text=part(f"{folder}/body.txt"),
        html=part(f"{folder}/body.html"),
    )
