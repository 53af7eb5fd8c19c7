"""What the portal stores about a person, as a JSON file. docs/security.md describes its shape.

It holds no password, code, secret, key or hash, no full number, and nothing of another person.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from accounts.models import User
from mfa import audit, channels
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.messages import notices
from mfa.models import (
    AuditEvent,
    Delivery,
    Event,
    Factor,
    Pause,
    RecoveryRequest,
    SitePolicy,
    TrustedBrowser,
)
from mfa.models.message_words import MESSAGES
from mfa.rules import masking
from mfa.rules.methods import ChannelName
from mfa.session_engine import Session
from mfa.sessions import revoke

# Raise it when the shape changes.
VERSION = 1
# Rows in memory at a time
AT_ONCE = 500
# The details of an event that are about this person only: nothing that staff wrote
DETAILS = {"aal", "channel", "days", "hours", "minutes", "purpose", "trusted", "until", "what"}

Facts = dict[str, Any]


def count(person: User, *, client: Client) -> None:
    """Count a download, record it and notify the person. Raises TooMany."""
    with transaction.atomic():
        counters.take([limits.DATA_DOWNLOADS.of(str(person.pk))])
        notices.tell(Event.DATA_DOWNLOADED, person, client=client)


def written(person: User, *, recognized: bool) -> Iterator[str]:
    """Yield the file in pieces. `recognized`: this browser has the cookie of a device."""
    yield "{"
    yield f'"about": {_text(_about())},\n"person": {_text(_person(person))}'
    yield f',\n"recognized_devices": {_text(_devices(recognized=recognized))}'
    lists: dict[str, tuple[QuerySet[Any], Callable[[Any], Facts]]] = {
        "factors": (Factor.objects.filter(user_id=person.pk), _factor),
        "sessions": (revoke.sessions_of(person), _session),
        "trusted_browsers": (TrustedBrowser.objects.filter(user_id=person.pk), _trusted),
        "pauses": (Pause.objects.filter(user_id=person.pk), _pause),
        "lost_phones": (RecoveryRequest.objects.filter(user_id=person.pk), _recovery),
        "activity": (audit.events_of(person), _event),
        "messages": (Delivery.objects.filter(user_id=person.pk), _message),
    }
    for name, (rows, facts_of) in lists.items():
        yield f',\n"{name}": ['
        separator = "\n"
        for page in _pages(rows):
            with translation.override(person.language):
                facts = [_text(facts_of(row)) for row in page]
            yield separator + ",\n".join(facts)
            separator = ",\n"
        yield "]"
    yield "}\n"


def _pages(rows: QuerySet[Any]) -> Iterator[Sequence[Any]]:
    """Read rows newest first, each page by an index from where the last one ended."""
    if rows.model is Session:
        # At most ten
        yield from filter(None, [list(rows)])
        return
    moment = "at" if rows.model is AuditEvent else None
    ordered = rows.order_by("-at", "-pk") if moment else rows.order_by("-pk")
    page: list[models.Model] = list(ordered[:AT_ONCE])
    while page:
        yield page
        last = page[-1]
        page = list(ordered.filter(_older(last, moment))[:AT_ONCE]) if _full(page) else []


def _older(last: models.Model, moment: str | None) -> Q:
    if moment is None:
        return Q(pk__lt=last.pk)
    at = getattr(last, moment)
    return Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=last.pk))


def _full(page: Sequence[Any]) -> bool:
    return len(page) == AT_ONCE


def _text(facts: Facts) -> str:
    return json.dumps(facts, ensure_ascii=False, default=_moment)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _about() -> Facts:
    return {
        "portal": SitePolicy.brand().name,
        "address": settings.BASE_URL,
        "made_at": timezone.now(),
        "version": VERSION,
    }


def _person(person: User) -> Facts:
    return {
        "id": person.pk,
        "email": person.email,
        "unconfirmed_email": person.new_email,
        "recovery_email": person.recovery_email,
        "recovery_email_at": person.recovery_email_at,
        "unconfirmed_recovery_email": person.new_recovery_email,
        "username": person.username or "",
        "full_name": person.full_name,
        "language": person.language,
        "time_zone": person.time_zone,
        "groups": list(person.groups.order_by("name").values_list("name", flat=True)),
        "staff": person.is_staff,
        "joined_at": person.date_joined,
        "last_login_at": person.last_login,
        "email_verified_at": person.mailbox_proven_at,
        "email_changed_at": person.email_changed_at,
        "email_codes_off_until": person.mailbox_opens_at,
        "first_factor_at": person.ever_bound_at,
        "only_email_since": person.only_email_since,
        "factors_reset_at": person.reset_at,
        "skipped_at": person.skipped_at,
        "asked_for_passkey_at": person.nudged_at,
        "declined_passkey_at": person.nudge_declined_at,
        "wrong_codes": person.wrong_answers,
        "wrong_code_at": person.wrong_answer_at,
        "locked_until": person.wait_until,
        "new_password_required": person.password_expired,
    }


def _devices(*, recognized: bool) -> Facts:
    """Say that devices are recognized by a cookie in each browser, not by a table."""
    return {"stored": "in a cookie of each browser", "this_browser": recognized}


def _factor(factor: Factor) -> Facts:
    """Return a factor without its secret. A phone shows the last digits."""
    return {
        "kind": factor.kind,
        "name": factor.name,
        "number_ending": masking.ending(factor.number),
        "email": factor.email,
        "status": factor.status,
        "status_since": factor.status_at,
        "confirmed_at": factor.confirmed_at,
        "last_used_at": factor.last_used_at,
        "address": factor.address,
        "browser": factor.browser,
    }


def _session(session: Session) -> Facts:
    return {
        "started_at": session.started_at,
        "last_seen_at": session.seen_at,
        "ends_at": session.expire_date,
        "address": session.address,
        "browser": session.browser,
        "level": session.aal,
    }


def _trusted(browser: TrustedBrowser) -> Facts:
    """Return a trusted browser without its token. It may have ended before its time."""
    return {
        "trusted_at": browser.made_at,
        "last_used_at": browser.used_at,
        "until": browser.until,
        "address": browser.address,
        "browser": browser.browser,
    }


def _pause(pause: Pause) -> Facts:
    return {"started_at": pause.started_at, "until": pause.until, "ended_at": pause.ended_at}


def _recovery(request: RecoveryRequest) -> Facts:
    return {
        "started_at": request.started_at,
        "ready_at": request.ready_at,
        "ended_at": request.ended_at,
        "outcome": request.outcome,
    }


def _event(event: AuditEvent) -> Facts:
    """Return an event. Where staff acted, the address and the browser are theirs."""
    return {
        "at": event.at,
        "event": event.event,
        "words": event.text,
        "by_staff": event.by_staff,
        "address": None if event.by_staff else event.address,
        "browser": "" if event.by_staff else event.browser,
        "details": {name: event.details[name] for name in sorted(DETAILS & event.details.keys())},
    }


def _message(message: Delivery) -> Facts:
    """Return a message without its text, which could hold a code."""
    return {
        "at": message.created_at,
        "message": message.message,
        "words": str(MESSAGES.get(message.message, message.message)),
        "channel": "text" if message.channel == ChannelName.SMS else message.channel,
        "to": channels.masked(message.channel, message.target),
        "state": message.state,
        "finished_at": message.finished_at,
    }
