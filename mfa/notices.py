"""One table: which event is told to whom, by which mail or text."""

from dataclasses import dataclass

from celery import shared_task

from mfa import audit, channels, deliveries
from mfa.models import AuditEvent, Event, Factor, Protected
from mfa.origin import Origin
from mfa.rules.routes import ChannelName


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about an event; without a target of its own it goes to the account's mailbox."""

    message: str
    channel: ChannelName = ChannelName.EMAIL


# NT-01 and NT-02: a changed number is told to the old one too, by a way its thief does not hold.
NOTICES = {
    Event.FACTOR_ADDED: (Notice("factor_added"), Notice("factor_added", ChannelName.SMS)),
    Event.FACTOR_CHANGED: (
        Notice("number_changed"),
        Notice("number_changed", ChannelName.SMS),
    ),
    # To the lost phone too: who reads the mailbox would delete what stands there (NT-02).
    Event.MAILBOX_PROVEN: (
        Notice("recovery_begun"),
        Notice("recovery_begun", ChannelName.SMS),
    ),
    Event.APP_ADDED: (Notice("app_added"), Notice("app_added", ChannelName.SMS)),
    Event.NUMBER_ASSIGNED: (
        Notice("number_assigned"),
        Notice("number_changed", ChannelName.SMS),
    ),
    Event.FACTOR_SUSPENDED: (
        Notice("factor_suspended"),
        Notice("factor_suspended", ChannelName.SMS),
    ),
    Event.FACTOR_REMOVED: (Notice("factor_removed"), Notice("factor_removed", ChannelName.SMS)),
    Event.FACTOR_DISABLED: (
        Notice("factor_disabled"),
        Notice("factor_disabled", ChannelName.SMS),
    ),
    Event.DISOWNED: (Notice("disowned"), Notice("disowned", ChannelName.SMS)),
    Event.SKIPPED: (Notice("skipped"),),
    Event.CODES_GUESSED: (Notice("codes_guessed"),),
    Event.UNUSUAL_LOGIN: (Notice("unusual_login"),),
    Event.RECOVERY_CODES_MADE: (
        Notice("recovery_codes_made"),
        Notice("recovery_codes_made", ChannelName.SMS),
    ),
    Event.RECOVERY_CODE_USED: (
        Notice("recovery_code_used"),
        Notice("recovery_code_used", ChannelName.SMS),
    ),
    # The old mailbox is told as well: `old_email`.
    Event.EMAIL_CHANGED: (Notice("email_changed"), Notice("email_changed", ChannelName.SMS)),
    Event.PASSWORD_CHANGED: (
        Notice("password_changed"),
        Notice("password_changed", ChannelName.SMS),
    ),
    Event.PASSWORD_EXPIRED: (Notice("password_expired"),),
    # The mailbox that got the link may be a thief's by now: the phone is told too (NT-02).
    Event.PASSWORD_RESET: (
        Notice("password_changed"),
        Notice("password_changed", ChannelName.SMS),
    ),
    Event.PAUSED: (Notice("pause_started"), Notice("pause_started", ChannelName.SMS)),
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
        Event.SESSIONS_ENDED,
        # Nothing is weaker after it.
        Event.PAUSE_ENDED,
        Event.STEP_REFUSED,
        Event.POLICY_CHANGED,
        Event.POLICY_TESTED,
        Event.BRAKE_LIFTED,
        Event.MAIL_TESTED,
        # mfa.alerts mails these itself.
        Event.TEXTS_RESTED,
        Event.TEXTS_RESUMED,
        Event.ALERTED,
    }
)


def tell(
    event: Event,
    user: Protected,
    *,
    origin: Origin = audit.NOWHERE,
    old_number: str | None = None,
    old_email: str = "",
    **words: str | int,
) -> None:
    """Record the event and queue its notices; `words` go into both and hold no full number.

    Texts go to `old_number`, "" for nobody, or to the phone that the person has (NT-02).
    """
    audit.record(event, user, origin=origin, **words)
    context = {**words, "address": origin.address, "browser": origin.device}
    number = _phone_of(user) if old_number is None else old_number
    targets = {ChannelName.SMS: (number,), ChannelName.EMAIL: (user.email, old_email)}
    for notice in NOTICES[event]:
        for target in filter(None, targets[notice.channel]):
            if channels.available(notice.channel):
                deliveries.queue(
                    user, notice.message, channel=notice.channel, target=target, context=context
                )


def _phone_of(user: Protected) -> str:
    """Return the person's number, a lost phone's too: it may be in its owner's hand again."""
    phones = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.PHONE, revoked_at=None)
    newest = phones.order_by("-confirmed_at").first()
    return newest.target if newest else ""


@shared_task(name="mfa.notices.tell_of_login")
def tell_of_login(pk: int) -> None:
    """Tell of a login that is not like the others: the row of the audit says which (LG-09)."""
    login = AuditEvent.objects.select_related("user").get(pk=pk)
    if isinstance(login.user, Protected):
        origin = Origin(address=login.address or "", browser=login.browser)
        tell(Event.UNUSUAL_LOGIN, login.user, origin=origin, reason=login.details["unusual"])
