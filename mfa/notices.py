"""One table: which event is told to whom, by which mail or text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from mfa import audit, backlog, channels, counters, deliveries, kept, limits, tallies
from mfa.models import AuditEvent, Event, Factor, Protected
from mfa.origin import Origin
from mfa.rules.routes import ChannelName


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about an event; without a target of its own it goes to the account's mailbox."""

    message: str
    channel: ChannelName = ChannelName.EMAIL


def _both(message: str, text: str = "") -> tuple[Notice, ...]:
    return Notice(message), Notice(text or message, ChannelName.SMS)


# NT-01 and NT-02: what lets somebody in is told to the phone too, by a way its thief does not hold.
NOTICES = {
    Event.FACTOR_ADDED: _both("factor_added"),
    Event.FACTOR_CHANGED: _both("number_changed"),
    # To the lost phone too: who reads the mailbox would delete what stands there.
    Event.MAILBOX_PROVEN: _both("recovery_begun"),
    Event.APP_ADDED: _both("app_added"),
    Event.NUMBER_ASSIGNED: _both("number_assigned", text="number_changed"),
    Event.FACTOR_SUSPENDED: _both("factor_suspended"),
    Event.FACTOR_REMOVED: _both("factor_removed"),
    Event.FACTOR_DISABLED: _both("factor_disabled"),
    Event.DISOWNED: _both("disowned"),
    Event.SKIPPED: (Notice("skipped"),),
    Event.CODES_GUESSED: (Notice("codes_guessed"),),
    Event.UNUSUAL_LOGIN: (Notice("unusual_login"),),
    Event.RECOVERY_CODES_MADE: _both("recovery_codes_made"),
    Event.RECOVERY_CODE_USED: _both("recovery_code_used"),
    # The old mailbox is told as well: `old_email`.
    Event.EMAIL_CHANGED: _both("email_changed"),
    Event.PASSWORD_CHANGED: _both("password_changed"),
    Event.PASSWORD_EXPIRED: (Notice("password_expired"),),
    # The mailbox that got the link may be a thief's by now.
    Event.PASSWORD_RESET: _both("password_changed"),
    Event.PAUSED: _both("pause_started"),
}
SILENT = frozenset(
    {
        Event.PASSWORD_RIGHT,
        Event.PASSWORD_WRONG,
        Event.PASSWORD_SLOWED,
        # The link's own mail tells of these.
        Event.PASSWORD_FORGOTTEN,
        Event.PASSWORD_LINK_SENT,
        Event.EMAIL_ASKED,
        Event.CODE_SENT,
        Event.CODE_REFUSED,
        Event.CODE_RIGHT,
        Event.CODE_WRONG,
        Event.CODE_LATE,
        Event.LOGGED_IN,
        Event.STEPPED_UP,
        Event.LOGGED_OUT,
        Event.LOCKED,
        Event.WARNING_CONFIRMED,
        Event.SESSIONS_ENDED,
        # Nothing is weaker after it.
        Event.PAUSE_ENDED,
        Event.STEP_REFUSED,
        # mfa.changes mails these to all administrators.
        Event.POLICY_CHANGED,
        Event.SMS_ENTERED,
        Event.SMS_DISCARDED,
        Event.SMS_CONFIRMED,
        Event.POWERS_CHANGED,
        Event.GROUP_CHANGED,
        Event.STAFF_RELEASED,
        Event.STAFF_BOUND,
        Event.POLICY_TESTED,
        Event.BRAKE_LIFTED,
        Event.MAIL_TESTED,
        # mfa.alerts mails these itself.
        Event.TEXTS_RESTED,
        Event.TEXTS_RESUMED,
        Event.ALERTED,
    }
)


# Whoever reads of a login later than this has seen it in the activity, or never looks.
CAUGHT_UP = timedelta(days=1)
# Each writes some rows, and one transaction must stay short.
AT_ONCE = 20


def tell(
    event: Event,
    user: Protected,
    *,
    origin: Origin = audit.NOWHERE,
    old_number: str | None = None,
    old_email: str = "",
    link: str = "",
    **words: str | int,
) -> None:
    """Record the event and queue its notices; `words` go into both and hold no full number.

    `link` is one that the mail offers while it is alive. Texts go to `old_number`, "" for nobody,
    or to the phone that the person has (NT-02).
    """
    audit.record(event, user, origin=origin, **words)
    context = {**words, "address": origin.address, "browser": origin.browser}
    if link:
        context |= {"offer": link, "epoch": user.session_epoch}
    number = _phone_of(user) if old_number is None else old_number
    targets = {ChannelName.SMS: (number,), ChannelName.EMAIL: (user.email, old_email)}
    for notice in NOTICES[event]:
        for target in filter(None, targets[notice.channel]):
            if _may_go(notice, event, user, target):
                deliveries.queue(
                    user, notice.message, channel=notice.channel, target=target, context=context
                )


def _may_go(notice: Notice, event: Event, user: Protected, target: str) -> bool:
    if not channels.available(notice.channel):
        return False
    use = limits.NOTICE_TEXTS.of(f"{event}:{user.pk}:{target}")
    return notice.channel is ChannelName.EMAIL or counters.is_first(use)


def _phone_of(user: Protected) -> str:
    """Return the person's number, a lost phone's too: it may be in its owner's hand again."""
    phones = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.PHONE, revoked_at=None)
    newest = phones.order_by("-confirmed_at").first()
    return newest.target if newest else ""


@shared_task(name="mfa.notices.tell_of_login")
def tell_of_login(pk: int) -> None:
    """Tell once of a login that is not like the others: its row of the audit says why (LG-09)."""
    if not kept.is_id(pk):
        return
    with transaction.atomic():
        logins = AuditEvent.objects.select_for_update(of=("self",)).select_related("user")
        login = logins.filter(pk=pk, details__has_key="unusual").first()
        if login is None or not isinstance(login.user, Protected):
            return
        since = AuditEvent.objects.filter(user_id=login.user.pk, at__gte=login.at)
        if since.filter(event=Event.UNUSUAL_LOGIN, details__login=pk).exists():
            return
        origin = Origin(address=login.address or "", browser=login.browser)
        reason = login.details["unusual"]
        tell(Event.UNUSUAL_LOGIN, login.user, origin=origin, old_number="", reason=reason, login=pk)


@shared_task(name="mfa.notices.catch_up")
def catch_up() -> None:
    """Tell of the unusual logins whose call to the worker was lost with the broker."""
    if step():
        backlog.go_on(catch_up)


def step() -> bool:
    """Tell for a second; say whether more may be left."""
    return backlog.step(partial(tallies.advance, "unusual", _new_logins, _tell_of_logins))


def _new_logins(behind: int, now: datetime) -> Iterator[tallies.Row]:
    """Return the next events, up to so many that are to be told."""
    told = 0
    for row in tallies.new_events(behind, now):
        yield row
        told += _is_to_be_told(row, now)
        if told == AT_ONCE:
            return


def _tell_of_logins(rows: list[tallies.Row]) -> None:
    now = timezone.now()
    for row in rows:
        if _is_to_be_told(row, now):
            tell_of_login(row[0])


def _is_to_be_told(row: tallies.Row, now: datetime) -> bool:
    _pk, at, (event, _channel, unusual) = row
    return event == Event.LOGGED_IN and bool(unusual) and at > now - CAUGHT_UP
