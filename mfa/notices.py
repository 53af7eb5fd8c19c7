"""One table: which event is told to whom, by which mail or text."""

from dataclasses import dataclass

from mfa import audit, channels, deliveries
from mfa.models import Event, Protected
from mfa.origin import Origin
from mfa.rules.routes import ChannelName


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about an event; without a target of its own it goes to the account's mailbox."""

    message: str
    channel: ChannelName = ChannelName.EMAIL


# NT-01 and NT-02: a changed number is told to the old one too, by a way its thief does not hold.
NOTICES = {
    Event.FACTOR_ADDED: (Notice("factor_added"),),
    Event.FACTOR_CHANGED: (
        Notice("number_changed"),
        Notice("number_changed", ChannelName.SMS),
    ),
    Event.APP_ADDED: (Notice("app_added"), Notice("app_added", ChannelName.SMS)),
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
    Event.PASSWORD_CHANGED: (Notice("password_changed"),),
    Event.PASSWORD_EXPIRED: (Notice("password_expired"),),
    # The mailbox that got the link may be a thief's by now: the phone is told too (NT-02).
    Event.PASSWORD_RESET: (
        Notice("password_changed"),
        Notice("password_changed", ChannelName.SMS),
    ),
    Event.PAUSED: (Notice("pause_started"),),
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
        Event.FACTOR_DISABLED,
        Event.SKIPPED,
        Event.STEP_REFUSED,
        Event.POLICY_CHANGED,
        Event.POLICY_TESTED,
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
    old_number: str = "",
    old_email: str = "",
    **words: str | int,
) -> None:
    """Record the event and queue its notices; `words` go into both and hold no full number."""
    audit.record(event, user, origin=origin, **words)
    context = {**words, "address": origin.address, "browser": origin.device}
    targets = {ChannelName.SMS: (old_number,), ChannelName.EMAIL: (user.email, old_email)}
    for notice in NOTICES[event]:
        for target in filter(None, targets[notice.channel]):
            if channels.available(notice.channel):
                deliveries.queue(
                    user, notice.message, channel=notice.channel, target=target, context=context
                )
