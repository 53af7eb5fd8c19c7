"""The delivery line of a code page: the state of the newest message, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from mfa import channels
from mfa.models import Delivery
from mfa.rules.methods import ChannelName

State = Delivery.State

# C18: texts normally take less. After that, the page offers the other methods first.
SILENCE = timedelta(seconds=10)
TEXT: dict[str, Promise] = {
    State.QUEUED: _("The text is on its way."),
    State.SENDING: _("The text is on its way."),
    State.ACCEPTED: _("The text service has accepted the text."),
    State.SENT: _("The text is with your phone company."),
    State.DELIVERED: _("The text has reached your phone."),
    State.MAYBE: _("We don't know if the text was sent. Wait a minute, then send again."),
    State.DROPPED: _("The text was not sent because its code had expired."),
    State.FAILED: _("The text could not be delivered: %s."),
}
EMAIL: dict[str, Promise] = {
    State.QUEUED: _("The email is on its way."),
    State.SENDING: _("The email is on its way."),
    State.ACCEPTED: _("The mail server has accepted the email. Check your junk folder too."),
    State.SENT: _("The mail server has accepted the email. Check your junk folder too."),
    State.DELIVERED: _("The email is in your inbox. Check your junk folder too."),
    State.MAYBE: _("We don't know if the email was sent. Wait a minute, then send again."),
    State.DROPPED: _("The email was not sent because its code had expired."),
    State.FAILED: _("The email could not be delivered: %s."),
}
WORDS = {ChannelName.SMS: TEXT, ChannelName.EMAIL: EMAIL}
# Final states. Mail servers report nothing after they accept an email.
FINAL = {
    ChannelName.SMS: {State.DELIVERED, State.DROPPED, State.FAILED},
    ChannelName.EMAIL: {
        State.ACCEPTED,
        State.SENT,
        State.DELIVERED,
        State.DROPPED,
        State.FAILED,
        State.MAYBE,
    },
}
# States that only the provider's report can change
TAKEN = {State.ACCEPTED, State.SENT, State.MAYBE}
BROKEN = {State.FAILED, State.DROPPED}


@dataclass(frozen=True, slots=True)
class Line:
    """The words of the line, without a number."""

    state: str
    words: str
    final: bool
    problem: bool
    stuck: bool


def line_of(delivery: Delivery, now: datetime) -> Line:
    """Describe a delivery (M10, C18)."""
    channel = ChannelName(delivery.channel)
    problem = delivery.state in BROKEN
    silent = now - delivery.created_at >= SILENCE
    waiting = channel is ChannelName.SMS and silent and delivery.state != State.DELIVERED
    words = str(WORDS[channel][delivery.state])
    if delivery.state == State.FAILED:
        words %= delivery.get_reason_display()
    elif waiting and not problem:
        words = words + " " + gettext("If it hasn't arrived, try another way or get help.")
    return Line(
        state=delivery.state,
        words=words,
        final=delivery.state in FINAL[channel] or (waiting and not _may_change(delivery)),
        problem=problem,
        stuck=problem or waiting,
    )


def _may_change(delivery: Delivery) -> bool:
    """Whether the state of an old message can still change."""
    if delivery.state not in TAKEN:
        return True
    return channels.available(delivery.channel) and channels.get(delivery.channel).reports
