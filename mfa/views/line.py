"""The delivery line: what became of the newest message, in words for the person who waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from mfa.models import Delivery
from mfa.rules.routes import ChannelName

State = Delivery.State

# C18: texts normally take less; after that the page offers the next way first.
SILENCE = timedelta(seconds=10)
TEXT: dict[str, Promise] = {
    State.QUEUED: _("The text is on its way."),
    State.SENDING: _("The text is on its way."),
    State.ACCEPTED: _("The text service has taken the text."),
    State.SENT: _("The text is with your phone company."),
    State.DELIVERED: _("The text has reached your phone."),
    State.MAYBE: _("We cannot tell whether the text went out. Give it a minute, then send again."),
    State.DROPPED: _("The text was not sent: its code could no longer be used."),
    State.FAILED: _("The text could not be delivered: %s."),
}
EMAIL: dict[str, Promise] = {
    State.QUEUED: _("The email is on its way."),
    State.SENDING: _("The email is on its way."),
    State.ACCEPTED: _("The mail server has taken the email. Look in your junk mail too."),
    State.SENT: _("The mail server has taken the email. Look in your junk mail too."),
    State.DELIVERED: _("The email is in your mailbox. Look in your junk mail too."),
    State.MAYBE: _("We cannot tell whether the email went out. Give it a minute, then send again."),
    State.DROPPED: _("The email was not sent: its code could no longer be used."),
    State.FAILED: _("The email could not be delivered: %s."),
}
WORDS = {ChannelName.SMS: TEXT, ChannelName.EMAIL: EMAIL}
# What nothing follows; of a mail nobody reports after the server has taken it.
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
BROKEN = {State.FAILED, State.DROPPED}


@dataclass(frozen=True, slots=True)
class Line:
    """What the page says; no part of it tells a number.

    `final`: nothing else will be known. `stuck`: the next way on belongs to the front now.
    """

    state: str
    words: str
    final: bool
    problem: bool
    stuck: bool


def line_of(delivery: Delivery, now: datetime) -> Line:
    """Put a delivery into words (M10, C18)."""
    channel = ChannelName(delivery.channel)
    problem = delivery.state in BROKEN
    silent = now - delivery.created_at >= SILENCE
    waiting = channel is ChannelName.SMS and silent and delivery.state != State.DELIVERED
    words = str(WORDS[channel][delivery.state])
    if delivery.state == State.FAILED:
        words %= delivery.get_reason_display()
    elif waiting and not problem:
        words = f"{words} {gettext('Not there yet? You need not wait for it.')}"
    return Line(
        state=delivery.state,
        words=words,
        final=delivery.state in FINAL[channel],
        problem=problem,
        stuck=problem or waiting,
    )
