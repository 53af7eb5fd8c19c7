"""The data of a code page about its open question."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from mfa import channels
from mfa.messages import queue as deliveries
from mfa.models import Challenge, Delivery, Reason, SmsAccount
from mfa.rules.methods import ChannelName
from mfa.rules.number_formats import international
from mfa.rules.routes import Purpose
from mfa.views.line import Line, line_of

NEW = {Purpose.ENROLL, Purpose.CHANGE}


@dataclass(frozen=True, slots=True)
class Question:
    """A challenge as its page shows it.

    `number` is a new number or email in full, so that a typing mistake can be seen, and "" for a
    confirmed one. `failed_reason` is in words, "" while nothing failed.
    """

    channel: str
    masked: str
    number: str
    sent_at: datetime
    life_minutes: int
    tries_left: int
    resend_at: datetime
    can_resend: bool
    resend_wait: int
    expired: bool
    open: bool
    failed_reason: str
    opted_out: bool
    line: Line | None

    @property
    def stuck(self) -> bool:
        """Whether the other methods come before the code field."""
        return self.open and self.line is not None and self.line.stuck


def question_of(challenge: Challenge | None) -> Question | None:
    """Return the page's data, with one query for the newest delivery."""
    if challenge is None:
        return None
    now = timezone.now()
    newest = deliveries.newest_of(challenge.user_id, challenge.pk)
    failed = newest is not None and newest.state == Delivery.State.FAILED
    wait = max(0, round((challenge.resend_at - now).total_seconds()))
    return Question(
        channel=challenge.channel,
        masked=channels.masked(challenge.channel, challenge.target),
        number=_in_full(challenge) if challenge.purpose in NEW else "",
        sent_at=newest.created_at if newest else challenge.created_at,
        life_minutes=challenge.life,
        tries_left=challenge.tries_left,
        resend_at=challenge.resend_at,
        can_resend=wait == 0,
        resend_wait=wait,
        expired=challenge.expires_at <= now,
        open=challenge.is_open(now),
        failed_reason=newest.get_reason_display() if newest and failed else "",
        opted_out=failed and newest is not None and newest.reason == Reason.OPTED_OUT,
        line=line_of(newest, now) if newest else None,
    )


def _in_full(challenge: Challenge) -> str:
    by_text = challenge.channel == ChannelName.SMS
    return international(challenge.target) if by_text else challenge.target


def start_words() -> str:
    """Return how the owner of a phone that sent STOP can revoke it."""
    sender = SmsAccount.load().phone_number
    if not sender.startswith("+"):
        return gettext("Reply START to one of our texts, then send the code again.")
    return gettext("Text START to %s, then send the code again.") % sender
