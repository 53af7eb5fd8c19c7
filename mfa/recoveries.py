"""The way back after a lost phone: a request, a wait with notices, then a new factor (E13).

A person who knows the password can start one. The owner is notified at all addresses and numbers,
at once, each day and at the end of the wait, and can stop it without a login.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from celery import shared_task
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mfa import audit, factors, pauses
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.messages import alerts, notices
from mfa.models import AbstractMfaUser, Event, RecoveryRequest, backlog
from mfa.models.recoveries import LINK

Outcome = RecoveryRequest.Outcome
# From the issue: each day, and an hour after support made it shorter
HOUR = timedelta(hours=1)
DAILY, SHORTEST = 24 * HOUR, HOUR
# From the issue: after a refusal, the device and network that asked wait so long.
BLOCKED_FOR = timedelta(days=7)
# Few enough for one second of a step
AT_ONCE = 20


class NotStarted(StrEnum):
    """Why no request started."""

    STAFF = "staff"
    OPEN = "open"
    BLOCKED = "blocked"


def open_of(user: AbstractMfaUser, now: datetime | None = None) -> RecoveryRequest | None:
    """Return the person's open request."""
    held = RecoveryRequest.objects.filter(user_id=user.pk, ended_at=None).first()
    return held if held and held.is_open(now or timezone.now()) else None


def start(
    user: AbstractMfaUser,
    *,
    client: Client,
    marks: Sequence[str] = (),
    by: AbstractMfaUser | None = None,
    reason: str = "",
) -> RecoveryRequest | NotStarted:
    """Start a request, for the person or by support, and notify all addresses and numbers.

    The caller has verified the password, or may rescue the person. `marks` tell the device that
    asks from others, the first one in future too. Only one of several parallel calls starts a
    request. Raises TooMany.
    """
    with transaction.atomic():
        # A promotion takes the same lock: a request starts before it or not at all.
        held = pauses.hold(user)
        if held.has_powers:
            return NotStarted.STAFF
        if open_of(held):
            return NotStarted.OPEN
        if by is None and is_blocked(held, client, marks):
            return NotStarted.BLOCKED
        _count(held, client, by)
        _close_former(held)
        request = _begin(held, client, marks, by)
        _tell(Event.RECOVERY_STARTED, held, request, client=client, **_by(by, reason))
    if by:
        alerts.warn_of_rescues(by)
    return request


def is_blocked(user: AbstractMfaUser, client: Client, marks: Collection[str]) -> bool:
    """Whether this device or network asked before and was refused. Others never wait for it.

    A stranger in the same network does not keep the owner's recognized device waiting (back7).
    """
    here = Q(mark__in=marks)
    if not client.known:
        here |= Q(network=client.network)
    refused = RecoveryRequest.objects.filter(user_id=user.pk, outcome__in=RecoveryRequest.BLOCKING)
    return refused.filter(here, ended_at__gt=timezone.now() - BLOCKED_FOR).exists()


def stop(
    user: AbstractMfaUser,
    outcome: Outcome,
    *,
    client: Client = audit.NOWHERE,
    by: AbstractMfaUser | None = None,
    reason: str = "",
    only: int | None = None,
) -> bool:
    """End the open request and notify the owner. Return whether there was one.

    A report of compromise has its own notice. `only`: end no other request than this one.
    """
    with transaction.atomic():
        held = pauses.hold(user)
        request = open_of(held)
        if request is None or only not in {None, request.pk}:
            return False
        _end(held, request, outcome)
        words = {"outcome": str(outcome), **_by(by, reason)}
        if outcome is Outcome.STRANGER:
            audit.record(Event.RECOVERY_ENDED, held, client=client, **words)
        else:
            # Someone who found the phone can stop it too, so the owner can report that.
            numbers = _numbers(held)
            notices.tell(Event.RECOVERY_ENDED, held, client=client, numbers=numbers, **words)
    return True


def finish(user: AbstractMfaUser) -> None:
    """End the open request after it led to new factors, or support removed the lost ones.

    Those have their own notices. Call it inside a transaction.
    """
    if not user.recovery_ready_at:
        return
    held = pauses.hold(user)
    if request := open_of(held):
        _end(held, request, Outcome.USED)
        user.recovery_ready_at = None
        audit.record(Event.RECOVERY_ENDED, user, outcome=str(Outcome.USED))


def stop_by_login(user: AbstractMfaUser, *, client: Client) -> bool:
    """End the open request because one of the person's methods answered, if there is one."""
    return bool(user.recovery_ready_at) and stop(user, Outcome.LOGIN, client=client)


def shorten(
    actor: AbstractMfaUser, user: AbstractMfaUser, *, reason: str, client: Client
) -> RecoveryRequest | None:
    """Shorten the wait to one hour from now, after a new notice. Return None if nothing waits.

    The caller knows that the actor may rescue. Raises TooMany, and PermissionDenied for staff.
    """
    now = timezone.now()
    with transaction.atomic():
        held = pauses.hold(user)
        if held.has_powers:
            raise PermissionDenied
        request = open_of(held)
        if request is None or request.ready_at <= now + SHORTEST:
            return None
        _count(held, client, actor)
        request.ready_at = request.tell_at = now + SHORTEST
        request.save(update_fields=["ready_at", "tell_at"])
        _set_ready(held, request.ready_at)
        _tell(Event.RECOVERY_SHORTENED, held, request, client=client, **_by(actor, reason))
    alerts.warn_of_rescues(actor)
    return request


@shared_task(name="mfa.recoveries.remind")
def remind() -> None:
    """Send the notices that are due, and end the requests that expired."""
    if step():
        backlog.go_on(remind)


def step() -> bool:
    """Send notices for one second. Return whether more may be due."""
    return backlog.step(_remind_some)


def _remind_some() -> bool:
    due = RecoveryRequest.objects.filter(ended_at=None, tell_at__lte=timezone.now())
    some = list(due.order_by("tell_at").select_related("user")[:AT_ONCE])
    for request in some:
        _remind(request.pk, request.user)
    return bool(some)


def _remind(pk: int, user: AbstractMfaUser) -> None:
    """Send the next notice of a request. Another worker may have sent it."""
    now = timezone.now()
    with transaction.atomic():
        held = pauses.hold(user)
        due = RecoveryRequest.objects.filter(pk=pk, ended_at=None, tell_at__lte=now)
        if (request := due.first()) is None:
            return
        if now >= request.ends_at or held.has_powers:
            _end(held, request, Outcome.OVER)
            notices.tell(Event.RECOVERY_ENDED, held, outcome=str(Outcome.OVER))
            return
        ripe = request.is_ripe(now)
        request.tell_at = request.ends_at if ripe else min(now + DAILY, request.ready_at)
        request.save(update_fields=["tell_at"])
        if ripe:
            _tell(Event.RECOVERY_READY, held, request)
        else:
            _tell(Event.RECOVERY_WAITING, held, request)


def _begin(
    user: AbstractMfaUser, client: Client, marks: Sequence[str], by: AbstractMfaUser | None
) -> RecoveryRequest:
    now = timezone.now()
    # A code by email comes at the end, so the request is not ripe before such codes work.
    opens = user.mailbox_opens_at or now
    ready = max(now + user.mfa_policy.recovery_wait, opens)
    mark = next(iter(marks), "")
    asked = {"network": client.network, "browser": client.browser, "mark": mark}
    request = RecoveryRequest.objects.create(
        user_id=user.pk,
        started_at=now,
        ready_at=ready,
        tell_at=min(now + DAILY, ready),
        **({} if by else asked),
    )
    _set_ready(user, ready)
    return request


def _count(user: AbstractMfaUser, client: Client, by: AbstractMfaUser | None) -> None:
    use = limits.RESCUES.of(str(by.pk)) if by else None
    counters.take([use or limits.RECOVERIES.of(f"{client.network}:{user.pk}")])


def _close_former(user: AbstractMfaUser) -> None:
    """End an expired request whose notice was not sent yet."""
    former = RecoveryRequest.objects.filter(user_id=user.pk, ended_at=None)
    former.update(ended_at=timezone.now(), outcome=Outcome.OVER)


def _end(user: AbstractMfaUser, request: RecoveryRequest, outcome: Outcome) -> None:
    request.ended_at, request.outcome = timezone.now(), outcome
    request.save(update_fields=["ended_at", "outcome"])
    _set_ready(user, None)


def _set_ready(user: AbstractMfaUser, ready: datetime | None) -> None:
    user.recovery_ready_at = ready
    get_user_model().objects.filter(pk=user.pk).update(recovery_ready_at=ready)


def _tell(
    event: Event,
    user: AbstractMfaUser,
    request: RecoveryRequest,
    *,
    client: Client = audit.NOWHERE,
    **words: Any,
) -> None:
    """Notify all addresses and numbers, with a link that stops the request."""
    row = notices.tell(
        event,
        user,
        client=client,
        numbers=_numbers(user),
        link=LINK,
        not_me=False,
        number=request.pk,
        until=request.ready_at.isoformat(),
        ends=request.ends_at.isoformat(),
        **words,
    )
    if event == Event.RECOVERY_STARTED:
        request.event = row.pk
        request.save(update_fields=["event"])


def _numbers(user: AbstractMfaUser) -> list[str]:
    """Return all numbers, or the last one that was removed."""
    return notices.numbers_of(user) or [factors.last_number(user)]


def _by(actor: AbstractMfaUser | None, reason: str) -> dict[str, Any]:
    return {"by": actor.pk, "reason": reason} if actor else {}
