"""The message queue: rows with the content, and the tasks that wake a worker for them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, UUIDField
from django.utils import timezone

from mfa import channels, prepared
from mfa.messages.worker import deliver, report
from mfa.models import AbstractMfaUser, Challenge, Delivery, Reason
from mfa.models.challenges import random_id
from mfa.rules.methods import ChannelName

# A worker takes a row within a second. After this time its task was lost.
WAKE_AFTER = timedelta(seconds=5)
# A send ends within 10 s. After this time its worker died.
GIVE_UP_AFTER = timedelta(seconds=60)
# Texts have their own queue: if their provider hangs, emails and the sweep still run.
QUEUE_OF = {str(ChannelName.SMS): "sms"}
EVERYTHING_ELSE = "celery"
# A mail server restarts within a minute.
TRY_AFTER = timedelta(minutes=1)
# The most rows that one sweep wakes, so that a restarted broker is not overloaded.
SWEEP = 500
_WRITE = prepared.Insert(Delivery)
_NEWEST = prepared.Query(
    lambda: Delivery.objects.filter(
        user_id=prepared.number("person"), challenge=prepared.Slot("challenge", UUIDField())
    ).order_by("-pk")[:1]
)


def queue(
    user: AbstractMfaUser | None,
    message: str,
    *,
    channel: str,
    target: str,
    challenge: Challenge | None = None,
    context: Mapping[str, str | int | list[str]] | None = None,
    attempt: int = 1,
    bulk: bool = False,
) -> Delivery:
    """Write the row in the caller's transaction, and wake a worker when it commits.

    Invitations and reminders are `bulk`: `send_bulk` sends them, so codes never wait behind them.
    Without a user it goes to an address that may have no account.
    """
    delivery = Delivery(
        user_id=user.pk if user else None,
        challenge=challenge,
        message=message,
        context=dict(context or {}),
        channel=channel,
        target=target,
        attempt=attempt,
        bulk=bulk,
        created_at=timezone.now(),
        receipt_id=random_id() if channel == ChannelName.SMS else None,
    )
    _WRITE(delivery)
    if bulk:
        return delivery

    # Not a partial: Django logs a failed callback by its __qualname__, which a partial lacks.
    def wake() -> None:
        _wake(deliver, delivery.pk, channel)

    transaction.on_commit(wake, robust=True)
    return delivery


def newest_of(person: int | None, challenge: UUID | str) -> Delivery | None:
    """Return the newest message that carries a challenge of a person, or of no one yet."""
    if person is None:
        rows = Delivery.objects.filter(user=None, challenge_id=challenge)
        return rows.order_by("-pk").first()
    return _NEWEST.first(person=person, challenge=challenge)


def queue_nothing() -> None:
    """Wake a worker without a row, so the page takes as long as one that sends an email (LG-03)."""

    def wake() -> None:
        deliver.delay(0)

    transaction.on_commit(wake, robust=True)


def confirm(challenge: Challenge) -> None:
    """Have a worker tell the provider, if it wants to know, that the code of a text was entered.

    Repeats carry the same code, so the newest accepted text counts.
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


@shared_task(name="mfa.deliveries.sweep")
def sweep() -> None:
    """Wake untaken rows and retries, and close rows whose worker died.

    Those may have been sent, so they are never repeated.
    """
    now = timezone.now()
    Delivery.objects.filter(
        state=Delivery.State.SENDING, claimed_at__lt=now - GIVE_UP_AFTER
    ).update(state=Delivery.State.MAYBE, reason=Reason.INTERNAL, finished_at=now)
    unseen = Q(claimed_at=None, created_at__lt=now - WAKE_AFTER)
    waiting = _waiting(bulk=False).filter(unseen | _tried(now))
    rows = waiting.order_by("created_at").values_list("pk", "channel")
    for pk, channel in rows[:SWEEP]:
        _wake(deliver, pk, channel)


@shared_task(name="mfa.deliveries.send_bulk")
def send_bulk() -> None:
    """Send the bulk messages of one second, oldest first.

    It is queued every second and takes one message at a time. So the rate holds for any number of
    workers, and a slow mail server makes it slower.
    """
    for _ in range(settings.BULK_MAIL_RATE):
        now = timezone.now()
        waiting = _waiting(bulk=True)
        unseen = waiting.filter(claimed_at=None).order_by("created_at")
        again = waiting.filter(_tried(now)).order_by("claimed_at")
        pk = _first(unseen) or _first(again)
        if pk is None:
            return
        deliver(pk)


def oldest_waiting() -> datetime | None:
    """Return the creation time of the oldest message that no worker has taken, not counting bulk.

    Bulk messages wait for their turn.
    """
    waiting = _waiting(bulk=False).filter(claimed_at=None)
    return waiting.order_by("created_at").values_list("created_at", flat=True).first()


def bulk_stands(now: datetime, patience: timedelta) -> bool:
    """Whether a bulk message has waited this long, and none was sent meanwhile."""
    if not _waiting(bulk=True).filter(claimed_at=None, created_at__lt=now - patience).exists():
        return False
    return not Delivery.objects.filter(finished_at__gt=now - patience, bulk=True).exists()


def _waiting(*, bulk: bool) -> QuerySet[Delivery]:
    # Each pause is as long as all previous ones together.
    again_at = F("claimed_at") + (F("claimed_at") - F("created_at"))
    rows = Delivery.objects.alias(again_at=again_at)
    return rows.filter(state=Delivery.State.QUEUED, bulk=bulk)


def _tried(now: datetime) -> Q:
    return Q(claimed_at__lt=now - TRY_AFTER, again_at__lte=now)


def _first(rows: QuerySet[Delivery]) -> int | None:
    return rows.values_list("pk", flat=True).first()


def _wake(task: "Task[[int], None]", pk: int, channel: str) -> None:
    task.apply_async((pk,), queue=QUEUE_OF.get(channel, EVERYTHING_ELSE))
