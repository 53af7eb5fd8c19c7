"""The worker: it claims a queued message and sends it once, outside of requests."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mfa import channels
from mfa.channels.base import DeliveryError, Receipt, Sent, broken
from mfa.limits import budget, unconfirmed
from mfa.messages.receipts import STATE_OF, learn
from mfa.messages.render import compose
from mfa.models import AbstractMfaUser, Delivery, Reason
from mfa.rules import kept
from mfa.rules.methods import ChannelName

logger = logging.getLogger("mfa.deliveries")

# How long an email is retried. After a day someone has noticed the fault.
TRY_FOR = timedelta(days=1)


@shared_task(name="mfa.deliveries.deliver")
def deliver(pk: int) -> None:
    """Claim a queued row and send it once. A second worker finds nothing to claim."""
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
                unconfirmed.refund(delivery.challenge)


def _send(delivery: Delivery) -> Receipt | DeliveryError | None:
    """Return the result of sending, or None if the message is no longer needed.

    Any exception here counts as our own fault, because no provider got the message.
    """
    try:
        message = compose(delivery)
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


@shared_task(name="mfa.deliveries.report")
def report(pk: int) -> None:
    """Tell the provider once that the code of a text was entered. Nothing depends on it."""
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


def _left_by(error: DeliveryError, delivery: Delivery) -> Delivery.State:
    """Return the state of a message after a fault.

    An email that was not sent is retried, because notices must reach the owner (NT-02). An email
    with a code is not, because the person can request a new one.
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
        learn(delivery.pk)


def send_now(user: AbstractMfaUser, message: str) -> DeliveryError | None:
    """Email a person while the caller waits, without a row. Return the error, if any."""
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
