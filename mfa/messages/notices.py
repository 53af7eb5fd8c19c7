"""The table of notices: which events are sent to which person, by which email or text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from mfa import audit, channels, metrics
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.messages import queue as deliveries
from mfa.models import AbstractMfaUser, AuditEvent, Event, Factor, backlog
from mfa.models.audit import ACCEPTED, BINDING, DECLINED, SUSPECT
from mfa.rules import kept
from mfa.rules.methods import ChannelName


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about an event. Without its own target it goes to the account's email address."""

    message: str
    channel: ChannelName = ChannelName.EMAIL


def _both(message: str, text: str = "") -> tuple[Notice, ...]:
    return Notice(message), Notice(text or message, ChannelName.SMS)


# NT-01 and NT-02: a change that affects logins is sent to the phone too, because an attacker may
# control the email account.
NOTICES = {
    **{event: _both(event.value) for event in Event if event in BINDING | SUSPECT},
    Event.FACTOR_CHANGED: _both("number_changed"),
    # To the lost phone too: someone who reads the emails could delete this notice.
    Event.MAILBOX_PROVEN: _both("recovery_begun"),
    Event.BROWSER_TRUSTED: _both("browser_trusted"),
    Event.NUMBER_ASSIGNED: _both("number_assigned", text="number_changed"),
    Event.FACTOR_SUSPENDED: _both("factor_suspended"),
    Event.FACTOR_REMOVED: _both("factor_removed"),
    Event.DISOWNED: _both("disowned"),
    Event.DATA_DOWNLOADED: (Notice("data_downloaded"),),
    Event.SKIPPED: (Notice("skipped"),),
    Event.ACCOUNT_CLOSED: _both("account_closed"),
    Event.ACCOUNT_KEPT: (Notice("account_kept"),),
    Event.CODES_GUESSED: (Notice("codes_guessed"),),
    Event.UNUSUAL_LOGIN: (Notice("unusual_login"),),
    Event.RECOVERY_CODE_USED: _both("recovery_code_used"),
    # The old address (`old_email`) gets it too.
    Event.EMAIL_CHANGED: _both("email_changed"),
    Event.RECOVERY_EMAIL_CHANGED: _both("recovery_email_changed"),
    Event.PASSWORD_CHANGED: _both("password_changed"),
    Event.PASSWORD_EXPIRED: (Notice("password_expired"),),
    # An attacker may own the email account that got the link.
    Event.PASSWORD_RESET: _both("password_changed"),
    Event.PAUSED: _both("pause_started"),
    Event.FACTORS_RESET: _both("factors_reset"),
    Event.PASS_MADE: _both("pass_made"),
    Event.PASS_USED: _both("pass_used"),
    # To the lost phone too: it may be in the owner's hands, and a stranger asked.
    Event.RECOVERY_STARTED: _both("recovery_started"),
    Event.RECOVERY_WAITING: _both("recovery_waiting"),
    Event.RECOVERY_READY: _both("recovery_ready"),
    Event.RECOVERY_SHORTENED: _both("recovery_shortened"),
    Event.RECOVERY_ENDED: _both("recovery_ended"),
    Event.MEMBER_JOINED: (Notice("member_joined"),),
    Event.MEMBER_LEFT: (Notice("member_left"),),
    Event.ROLE_CHANGED: (Notice("role_changed"),),
}
SILENT = frozenset(
    # The page says what became of an answer.
    ACCEPTED
    | DECLINED
    | {
        Event.PASSWORD_RIGHT,
        Event.PASSWORD_WRONG,
        Event.PASSWORD_SLOWED,
        # The email with the link reports these.
        Event.PASSWORD_FORGOTTEN,
        Event.PASSWORD_LINK_SENT,
        Event.EMAIL_ASKED,
        Event.CODE_SENT,
        Event.PUSH_SENT,
        Event.CODE_REFUSED,
        # The page says why and who helps.
        Event.BLOCKED,
        Event.LOGGED_IN,
        Event.STEPPED_UP,
        Event.LOGGED_OUT,
        Event.LOCKED,
        Event.WARNING_CONFIRMED,
        Event.SESSIONS_ENDED,
        # The notice comes once a code proves the number.
        Event.NUMBER_SAVED,
        Event.NUMBER_DROPPED,
        # The next login there asks more than before.
        Event.BROWSERS_UNTRUSTED,
        # They change no factor.
        Event.FACTOR_RENAMED,
        Event.FACTOR_PREFERRED,
        # It weakens nothing.
        Event.PAUSE_ENDED,
        Event.LOCKOUT_ENDED,
        # The person has just done it, in the browser that continues.
        Event.REGISTERED,
        Event.NAME_CHANGED,
        Event.RULES_CHANGED,
        Event.HOME_CHOSEN,
        Event.ORGANIZATION_CHANGED,
        Event.ORGANIZATION_REFUSED,
        # The invited person gets the invitation, and the reminded person the reminder.
        Event.EXPORTED,
        Event.IMPORT_STARTED,
        Event.IMPORTED,
        Event.INVITATION_PREPARED,
        Event.INVITED,
        Event.INVITATION_REVOKED,
        Event.INVITATION_REFUSED,
        Event.REMINDED,
        Event.SUPPORT_REFUSED,
        # A help desk opens pages all day, and nothing changes.
        Event.SUPPORT_OPENED,
        Event.STEP_REFUSED,
        # The notice of the new factor follows.
        Event.SETUP_CHOSEN,
        # The notice of the pause follows at once.
        Event.ACCOUNT_OPENED,
        # The email with the link reports it, and the notice of the pass follows.
        Event.PASS_ASKED,
        Event.PASS_CONFIRMED,
        # The notice of the report says it.
        Event.PASS_CANCELLED,
        # mfa.messages.changes emails these to all administrators.
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
        # mfa.messages.alerts emails these.
        Event.TEXTS_RESTED,
        Event.TEXTS_RESUMED,
        Event.ALERTED,
    }
)


# After a day, the person has seen the login in the activity list, or never will.
CAUGHT_UP = timedelta(days=1)
# Each writes some rows, and the transaction should stay short.
AT_ONCE = 20


def tell(
    event: Event,
    user: AbstractMfaUser,
    *,
    client: Client = audit.NOWHERE,
    numbers: Iterable[str] | None = None,
    emails: Iterable[str] = (),
    old_email: str = "",
    link: str = "",
    not_me: bool = True,
    **words: str | int,
) -> AuditEvent:
    """Record the event and queue its notices. `words` go into both and hold no full number.

    The email offers `link` while it is valid, and “This wasn't me” if `not_me`. It goes to the
    account's address, to all enrolled ones and to `emails`, former ones. A text goes to each of
    `numbers`, or to all of the person's phones (NT-02). Return the recorded event.
    """
    row = audit.record(event, user, client=client, **words)
    context = {**words, "address": client.address, "browser": client.browser}
    if not_me:
        context["not_me"] = row.pk
    if link:
        context |= {"offer": link, "epoch": user.session_epoch}
    phones = numbers_of(user) if numbers is None else numbers
    targets = {
        ChannelName.SMS: dict.fromkeys(phones),
        ChannelName.EMAIL: dict.fromkeys((user.email, old_email, *emails_of(user), *emails)),
    }
    for notice in NOTICES[event]:
        for target in filter(None, targets[notice.channel]):
            if _may_go(notice, event, user, target):
                deliveries.queue(
                    user, notice.message, channel=notice.channel, target=target, context=context
                )
    return row


def _may_go(notice: Notice, event: Event, user: AbstractMfaUser, target: str) -> bool:
    if not channels.available(notice.channel):
        return False
    use = limits.NOTICE_TEXTS.of(f"{event}:{user.pk}:{target}")
    return notice.channel is ChannelName.EMAIL or counters.is_first(use)


def numbers_of(user: AbstractMfaUser) -> list[str]:
    """Return all numbers of a person, also of a lost phone, which the owner may have found.

    A number without a proof may be someone else's, so it gets nothing.
    """
    return _targets(user, Factor.Kind.PHONE)


def emails_of(user: AbstractMfaUser) -> list[str]:
    """Return all enrolled emails of a person, also those reported lost, and the recovery email."""
    return [*_targets(user, Factor.Kind.EMAIL), *user.more_emails]


def _targets(user: AbstractMfaUser, kind: Factor.Kind) -> list[str]:
    held = Factor.objects.bound().filter(user_id=user.pk, kind=kind)
    return list(held.order_by("-confirmed_at").values_list("target", flat=True))


@shared_task(name="mfa.notices.tell_of_login")
def tell_of_login(pk: int) -> None:
    """Send one notice of an unusual login. Its audit row says why it is unusual (LG-09)."""
    if not kept.is_id(pk):
        return
    with transaction.atomic():
        logins = AuditEvent.objects.select_for_update(of=("self",)).select_related("user")
        login = logins.filter(pk=pk, details__has_key="unusual").first()
        if login is None or not isinstance(login.user, AbstractMfaUser):
            return
        since = AuditEvent.objects.filter(user_id=login.user.pk, at__gte=login.at)
        if since.filter(event=Event.UNUSUAL_LOGIN, details__login=pk).exists():
            return
        client = Client(address=login.address or "", browser=login.browser)
        reason = login.details["unusual"]
        tell(Event.UNUSUAL_LOGIN, login.user, client=client, numbers=(), reason=reason, login=pk)


@shared_task(name="mfa.notices.catch_up")
def catch_up() -> None:
    """Send notices of unusual logins whose task was lost with the broker."""
    if step():
        backlog.go_on(catch_up)


def step() -> bool:
    """Send notices for one second. Return whether more may be left."""
    return backlog.step(partial(metrics.advance, "unusual", _new_logins, _tell_of_logins))


def _new_logins(behind: int, now: datetime) -> Iterator[metrics.Row]:
    """Yield the next events, up to a number that need a notice."""
    told = 0
    for row in metrics.new_events(behind, now):
        yield row
        told += _is_to_be_told(row, now)
        if told == AT_ONCE:
            return


def _tell_of_logins(rows: list[metrics.Row]) -> None:
    now = timezone.now()
    for row in rows:
        if _is_to_be_told(row, now):
            tell_of_login(row[0])


def _is_to_be_told(row: metrics.Row, now: datetime) -> bool:
    _pk, at, (event, _channel, unusual) = row
    return event == Event.LOGGED_IN and bool(unusual) and at > now - CAUGHT_UP
