"""Closing an account: at once, final after 14 days, and undone by a login before that.

The row keeps the time. After 14 days retention deletes the person with factors, messages and
pauses. Audit events keep the person's number.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mfa import audit
from mfa.client import Client
from mfa.messages import notices
from mfa.models import CLOSING_LASTS, AbstractMfaUser, Event, Session

DAYS = CLOSING_LASTS.days
# People per transaction. Each has rows in a dozen tables.
BATCH = 50


def may_close(person: AbstractMfaUser) -> bool:
    """Whether the policy lets the person close the account. Never staff."""
    return person.mfa_policy.may_close and not person.has_powers


def close(person: AbstractMfaUser, *, client: Client = audit.NOWHERE) -> None:
    """Close the person's own account, log them out everywhere, and notify them.

    Call it with the person's row locked. Raises PermissionDenied.
    """
    if not may_close(person):
        raise PermissionDenied
    people = get_user_model().objects.filter(pk=person.pk)
    people.update(
        closed_at=timezone.now(),
        session_epoch=F("session_epoch") + 1,
        device_epoch=F("device_epoch") + 1,
    )
    person.refresh_from_db(fields=["closed_at", "session_epoch", "device_epoch"])
    Session.objects.filter(user_id=person.pk).delete()
    notices.tell(Event.ACCOUNT_CLOSED, person, client=client)


def keep(person: AbstractMfaUser, *, client: Client) -> bool:
    """Open an account that its owner closed, after a complete login.

    Return False if it was deleted meanwhile. The lock is the one that deleting takes: of the two,
    the first decides.
    """
    if person.closed_at is None:
        return True
    with transaction.atomic():
        people = get_user_model().objects.select_for_update(no_key=True)
        held = people.filter(pk=person.pk).first()
        if held is None or not held.may_log_in:
            return False
        if held.closed_at:
            held.closed_at = person.closed_at = None
            held.save(update_fields=["closed_at"])
            notices.tell(Event.ACCOUNT_KEPT, held, client=client)
    return True


def due(now: datetime) -> Iterable[Any]:
    """Return the people to delete, with their rows locked: a login may just keep one."""
    people = get_user_model().objects.select_for_update(no_key=True)
    ended = people.filter(closed_at__lte=now - CLOSING_LASTS)
    return ended.order_by("closed_at").values_list("pk", flat=True)[:BATCH]


def forget(people: list[int]) -> None:
    """Let the project delete what else it stores about the due people."""
    get_user_model().forget(people)
