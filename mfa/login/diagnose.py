"""Verdicts: why a person can or cannot log in now, in the reader's language, without codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import audit, channels, factors
from mfa.limits import lockouts
from mfa.login.blocked import WORDS
from mfa.login.facts import gather
from mfa.login.pending import PendingLogin
from mfa.models import AbstractMfaUser, AuditEvent, Delivery, Factor, Pause
from mfa.models.message_words import MESSAGES
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from mfa.rules.steps import Facts, Step, next_step

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

# Enough for a few days, and short enough for one screen.
LATEST = 30
# A caller asks about a text of today.
RECENT = timedelta(days=1)
WAY_IN: "dict[Step, StrOrPromise]" = {
    Step.ENTER: _("Can log in with just the password."),
    Step.ANSWER: _("Can log in with the password and a code."),
    Step.CHOOSE: _("Can log in with the password and one of several methods."),
    Step.ENROLL: _("Can log in with the password and is asked to set up a phone."),
    Step.OFFER: _("Can log in with the password and may set up a phone."),
    Step.PROVE_MAILBOX: _("Enters the password and an emailed code, then sets up a new method."),
    Step.BLOCKED: _("Cannot log in: every verification method is lost or turned off."),
    Step.WAIT: _(
        "Cannot log in yet: locked after too many wrong codes, "
        "except from a device they have logged in on before."
    ),
}
# For a person who has to set up a passkey (PS-09)
TO_PASSKEY: "dict[Step, StrOrPromise]" = {
    Step.ANSWER: _("Logs in with the password and a code, then has to set up a passkey."),
    Step.CHOOSE: _("Logs in with the password and a code, then has to set up a passkey."),
    Step.ENROLL: _("Can log in with the password and is asked to set up a passkey."),
    Step.PROVE_MAILBOX: _("Enters the password and an emailed code, then sets up a passkey."),
}
CLOSED = {Step.BLOCKED, Step.WAIT}
# By the channel of an answer
USED = {str(kind.way.channel): kind.words.by for kind in factors.KINDS.values()}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event or message: when, what, and more about it."""

    at: datetime
    what: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the person can log in now, why, and the latest events, newest first."""

    can: bool
    words: str
    reasons: tuple[str, ...]
    timeline: tuple[Happened, ...]


def of(user: AbstractMfaUser) -> Verdict:
    """Decide as a login would now. Nothing is sent, counted or written."""
    now = timezone.now()
    facts = _facts(user, now)
    slowed = _password_wait(user, now)
    step = next_step(facts)
    known = user.has_usable_password()
    shut = user.shut_because
    can = not shut and known and step not in CLOSED and not slowed
    if shut:
        words = shut
    elif not known:
        words = gettext("Cannot log in: has no password and needs a link to set one.")
    elif slowed:
        words = gettext(
            "Cannot log in until %(time)s: too many wrong passwords, "
            "except from a device they have logged in on before."
        ) % {"time": _time(slowed)}
    else:
        words = str(_way_in(facts, step))
    happened = (*_events(user.pk), *_messages(user))
    latest = sorted(happened, key=lambda each: each.at, reverse=True)[:LATEST]
    return Verdict(can, words, tuple(_reasons(user, facts, now)), tuple(latest))


def _way_in(facts: Facts, step: Step) -> "StrOrPromise":
    lacks_passkey = facts.only_passkeys and facts.outdated
    return TO_PASSKEY.get(step, WAY_IN[step]) if lacks_passkey else WAY_IN[step]


def _facts(user: AbstractMfaUser, now: datetime) -> Facts:
    """Return the facts after this person's password was typed on a new device."""
    pending = PendingLogin.begin(user, Purpose.LOGIN, now)
    return gather(
        user,
        policy=user.mfa_policy,
        factors=factors.known_of(user),
        pending=pending,
        client=audit.NOWHERE,
        now=now,
    )


def _reasons(user: AbstractMfaUser, facts: Facts, now: datetime) -> Iterator[str]:
    """Say what is wrong first, then what the person can use."""
    if not user.mfa_policy.in_force:
        yield gettext("The account policy does not require MFA for this person.")
    if user.closed_at and user.deleted_from:
        words = gettext("The person closed the account. A login before %s keeps it.")
        yield words % _time(user.deleted_from)
    for pause in Pause.objects.honored(now).filter(user_id=user.pk):
        yield gettext("Two-step verification is paused until %s.") % _time(pause.until)
    yield from _wrong_codes(user, now)
    yield from _lost_text(user, now)
    for factor in Factor.objects.not_revoked().filter(user_id=user.pk):
        named = {"factor": factor.masked, "state": factor.state}
        yield gettext("Verification method: %(factor)s, %(state)s.") % named
    for route in facts.routes:
        yield str(factors.kind_of(route).words.ready)


def _lost_text(user: AbstractMfaUser, now: datetime) -> Iterator[str]:
    """Say that the latest text did not arrive, because a caller who can log in still cannot."""
    texts = Delivery.objects.filter(user_id=user.pk, channel=ChannelName.SMS).order_by("-pk")
    last = texts.first()
    if last and last.state == "failed" and last.created_at > now - RECENT:
        named = {"time": _time(last.created_at), "why": last.get_reason_display()}
        yield gettext("The latest text failed, %(time)s: %(why)s.") % named


def _wrong_codes(user: AbstractMfaUser, now: datetime) -> Iterator[str]:
    if user.wait_until and user.wait_until > now:
        yield gettext("Locked after wrong codes until %s.") % _time(user.wait_until)
    elif user.wrong_answers_at(now):
        count = user.wrong_answers
        words = ngettext(
            "%d wrong code counts toward the limit of 100.",
            "%d wrong codes count toward the limit of 100.",
            count,
        )
        yield words % count


def _password_wait(user: AbstractMfaUser, now: datetime) -> datetime | None:
    end = lockouts.end_of(lockouts.WRONG_PASSWORDS, lockouts.of_person(user.pk))
    return end if end and end > now else None


def of_deleted(number: int) -> Verdict | None:
    """Return the events of a deleted person, or None if the audit has no such number."""
    happened = tuple(_events(number))
    words = gettext("Cannot log in: person number %d was deleted.") % number
    return Verdict(can=False, words=words, reasons=(), timeline=happened) if happened else None


def _events(number: int) -> Iterator[Happened]:
    for event in audit.events_of_number(number).select_related("actor")[:LATEST]:
        yield Happened(event.at, event.told, tuple(_more(event)))


def _more(event: AuditEvent) -> Iterator[str]:
    """Say how the code came, who acted and why, and where."""
    if how := USED.get(str(event.details.get("channel"))):
        yield str(how)
    for cause in event.details.get("causes", ()):
        if words := WORDS.get(cause):
            yield str(words)
    if event.done_by:
        yield gettext("by %s") % event.done_by
    if event.by_staff and (reason := event.details.get("reason")):
        yield gettext("reason: %s") % reason
    if event.device:
        yield event.device


def _messages(user: AbstractMfaUser) -> Iterator[Happened]:
    sent = Delivery.objects.filter(user_id=user.pk).order_by("-pk")[:LATEST]
    for message in sent:
        words = {
            "message": MESSAGES.get(message.message, message.message),
            "target": channels.masked(message.channel, message.target),
            "state": message.get_state_display(),
            "reason": message.get_reason_display(),
        }
        with_reason = gettext("%(message)s to %(target)s: %(state)s (%(reason)s)")
        without = gettext("%(message)s to %(target)s: %(state)s")
        yield Happened(message.created_at, (with_reason if message.reason else without) % words)


def _time(moment: datetime) -> str:
    """Return the moment with its time zone: the reader's on a page, the server's in a command."""
    return date_format(timezone.localtime(moment), "j F Y, H:i T")
