"""The demo's channels: messages stay here, for the virtual phone and `manage.py outbox`."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from mfa.channels.base import (
    Channel,
    DeliveryError,
    Finding,
    Message,
    Progress,
    Receipt,
    Sent,
)
from mfa.models import OutboxMessage, Reason

# A demo that runs for months must not grow; nobody scrolls further.
KEPT = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """What a number fails with; the code is one that Twilio gives for it."""

    reason: Reason
    code: str = ""
    permanent: bool = True
    sent: Sent = Sent.NO

    def error(self) -> DeliveryError:
        """Return it as the error to raise."""
        return DeliveryError(self.reason, code=self.code, permanent=self.permanent, sent=self.sent)


# Ofcom's numbers for drama, which no network ever connects; all others succeed.
FAILURES = {
    "+447700900000": Failure(Reason.UNKNOWN_NUMBER, "21211"),
    "+447700900001": Failure(Reason.CANNOT_GET_TEXTS, "21614"),
    "+447700900002": Failure(Reason.UNREACHABLE, "30003", permanent=False),
    "+447700900003": Failure(Reason.BLOCKED, "30004"),
    "+447700900004": Failure(Reason.OPTED_OUT, "21610"),
    "+447700900005": Failure(Reason.COUNTRY, "21408"),
    "+447700900006": Failure(Reason.TRIAL, "21608"),
    "+447700900007": Failure(Reason.CREDENTIALS, "20003"),
    "+447700900008": Failure(Reason.BUSY, "20429", permanent=False),
    # This one arrives although the channel cannot know.
    "+447700900009": Failure(Reason.NETWORK, "cut", permanent=False, sent=Sent.MAYBE),
}


class OutboxChannel(Channel):
    """Texts that stay here."""

    def send(self, message: Message) -> Receipt:
        """Keep the text, or fail as the number demands."""
        failure = FAILURES.get(message.to)
        if failure and failure.sent is Sent.NO:
            raise failure.error()
        kept = keep("sms", message.to, body=message.text)
        if failure:
            raise failure.error()
        return Receipt(f"outbox-{kept.pk}", Progress.DELIVERED)

    def check(self) -> list[Finding]:
        """Say where the texts are."""
        return [Finding(good=True, text=_("This is a demo: texts stay on the virtual phone."))]


class EmailBackend(BaseEmailBackend):
    """Django's mail backend whose mails stay here."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep one per recipient. Raises BadHeaderError as a real backend does."""
        for mail in email_messages:
            mail.message()
            for recipient in mail.recipients():
                keep("email", recipient, subject=str(mail.subject), body=str(mail.body))
        return len(email_messages)


def keep(channel: str, target: str, *, body: str, subject: str = "") -> OutboxMessage:
    """Store a message and let the oldest go."""
    kept = OutboxMessage.objects.create(
        channel=channel, target=target, subject=subject[:200], body=body
    )
    for last in OutboxMessage.objects.values_list("pk", flat=True)[KEPT : KEPT + 1]:
        OutboxMessage.objects.filter(pk__lte=last).delete()
    return kept
