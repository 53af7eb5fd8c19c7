"""What a code page tells about the question that is out."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from mfa.models import AccountPolicy, Challenge, Delivery, Reason
from mfa.rules import contacts
from mfa.rules.routes import ChannelName
from mfa.views.line import Line, line_of


@dataclass(frozen=True, slots=True)
class Question:
    """A challenge as its page shows it; `failed_reason` is in words, "" while nothing failed."""

    channel: str
    masked: str
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
        """Whether the next way on belongs before the code."""
        return self.open and self.line is not None and self.line.stuck


def question_of(challenge: Challenge | None) -> Question | None:
    """Read what the page needs: one query for the newest delivery."""
    if challenge is None:
        return None
    now = timezone.now()
    newest = challenge.deliveries.order_by("-pk").first()
    failed = newest is not None and newest.state == Delivery.State.FAILED
    wait = max(0, round((challenge.resend_at - now).total_seconds()))
    return Question(
        channel=challenge.channel,
        masked=masked(challenge.channel, challenge.target),
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


def start_words() -> str:
    """Say how the owner of a phone that sent STOP takes it back."""
    sender = AccountPolicy.load().sms_phone_number
    if not sender.startswith("+"):
        return gettext("Reply START to one of our texts, then send the code again.")
    return gettext("Text START to %s, then send the code again.") % sender


def masked(channel: str, target: str) -> str:
    """Name a target as far as pages may tell it (PS-10)."""
    if channel == ChannelName.SMS:
        return gettext("number ending %s") % contacts.ending(target)
    return contacts.masked_email(target)
