"""Verdicts: why a person can or cannot get in now, in plain words, without codes or numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from mfa import audit, waits, walk as walks
from mfa.challenges import new_nonce
from mfa.models import Delivery, Factor, Pause, Protected
from mfa.pending import PendingLogin
from mfa.rules import contacts
from mfa.rules.routes import ChannelName
from mfa.rules.steps import Step
from mfa.walk import Walk

# A look at the last days fits a screen.
EVENTS, DELIVERIES = 20, 5
BUT_KNOWN = "but from a browser in which they have logged in before."
WAY_IN = {
    Step.ENTER: "Gets in with the password alone.",
    Step.ANSWER: "Gets in with the password and a code.",
    Step.CHOOSE: "Gets in with the password and one of several ways.",
    Step.ENROLL: "Gets in with the password, and sets up a phone on the way.",
    Step.OFFER: "Gets in with the password; is offered to set up a phone.",
    Step.PROVE_MAILBOX: "Proves the mailbox by an emailed code, then sets up a phone or app.",
    Step.BLOCKED: "Cannot get in: there was once a phone, and no way to get a code is left.",
    Step.WAIT: f"Cannot get in yet, too many wrong codes; {BUT_KNOWN}",
}
CLOSED = {Step.BLOCKED, Step.WAIT}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the person gets in now, why, and what happened last, newest first."""

    can: bool
    words: str
    reasons: tuple[str, ...]
    timeline: tuple[tuple[datetime, str], ...]


def of(user: Protected) -> Verdict:
    """Judge as a login would now; nothing is sent, counted or written."""
    now = timezone.now()
    walk = _walk(user)
    slowed = _password_wait(user, now)
    step = walk.step
    can = user.is_active and step not in CLOSED and not slowed
    if not user.is_active:
        words = "Cannot get in: the account is switched off."
    elif slowed:
        words = f"Cannot get in until {_time(slowed)}, too many wrong passwords; {BUT_KNOWN}"
    else:
        words = WAY_IN[step]
    happened = sorted((*_events(user.pk), *_messages(user)), reverse=True)
    return Verdict(can, words, tuple(_reasons(walk, now)), tuple(happened[:EVENTS]))


def _walk(user: Protected) -> Walk:
    """Return the walk of somebody who has just typed this person's password."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    pending = PendingLogin(
        user=user.pk,
        session_hash=user.get_session_auth_hash(),
        start=timezone.now().timestamp(),
        next="/",
        nonce=new_nonce(),
    )
    return walks.start(request, pending, user, asked_before=False)


def _reasons(walk: Walk, now: datetime) -> Iterator[str]:
    user, policy = walk.user, walk.user.mfa_policy
    if not policy.in_force:
        yield "The account policy asks this person for no second step."
    for pause in Pause.objects.honored(now).filter(user_id=user.pk):
        yield f"The second step is paused until {_time(pause.until)}."
    for factor in Factor.objects.filter(user_id=user.pk, revoked_at=None):
        yield f"Second step: {factor.masked}, {factor.state}."
    for route in walk.facts.routes:
        yield f"A code can come by {route.channel}."
    if user.wait_until and user.wait_until > now:
        yield f"Wrong codes cost a wait until {_time(user.wait_until)}."
    elif user.wrong_answers_at(now):
        yield f"Wrong codes that still count: {user.wrong_answers}."
    if not user.has_usable_password():
        yield "Has no password yet."


def _password_wait(user: Protected, now: datetime) -> datetime | None:
    end = waits.end_of(waits.WRONG_PASSWORDS, waits.of_person(user.pk))
    return end if end and end > now else None


def of_deleted(number: int) -> Verdict | None:
    """Tell what happened to a person who was deleted; None where the audit knows no such number."""
    happened = tuple(sorted(_events(number), reverse=True)[:EVENTS])
    words = f"Cannot get in: person number {number} was deleted."
    return Verdict(can=False, words=words, reasons=(), timeline=happened) if happened else None


def _events(number: int) -> Iterator[tuple[datetime, str]]:
    for event in audit.events_of_number(number).select_related("actor")[:EVENTS]:
        how = f" ({event.details['channel']})" if event.details.get("channel") else ""
        by = f" By {event.done_by}." if event.done_by else ""
        where = f" {event.device}" if event.device else ""
        yield event.at, f"{event.text}{how}{by}{where}"


def _messages(user: Protected) -> Iterator[tuple[datetime, str]]:
    sent = Delivery.objects.filter(user_id=user.pk).order_by("-pk")[:DELIVERIES]
    for message in sent:
        target = message.target
        masked = (
            _("number ending %s") % contacts.ending(target)
            if message.channel == ChannelName.SMS
            else contacts.masked_email(target)
        )
        why = f": {message.get_reason_display()}" if message.reason else ""
        yield message.created_at, f"Message “{message.message}” to {masked}: {message.state}{why}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
