"""The demo's channels: they keep messages for the virtual phone and `manage.py outbox`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from mfa.channels.base import (
    Channel,
    DeliveryError,
    Finding,
    Message,
    Progress,
    Receipt,
    Report,
    Sent,
    UnsignedError,
)
from mfa.models import OutboxMessage, Reason, SmsValues

# Keep the table small in a demo that runs for months. People do not scroll further.
KEPT = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """The error that a test number produces."""

    reason: Reason
    code: str = ""
    permanent: bool = True
    sent: Sent = Sent.NO

    def error(self) -> DeliveryError:
        """Return it as a DeliveryError."""
        return DeliveryError(self.reason, code=self.code, permanent=self.permanent, sent=self.sent)


# Ofcom reserves these numbers for drama, so they are never connected. All others succeed.
FAILURES = {
    "+447700900000": Failure(Reason.UNKNOWN_NUMBER),
    "+447700900001": Failure(Reason.CANNOT_GET_TEXTS),
    "+447700900002": Failure(Reason.UNREACHABLE, permanent=False),
    "+447700900003": Failure(Reason.BLOCKED),
    "+447700900004": Failure(Reason.OPTED_OUT),
    "+447700900005": Failure(Reason.COUNTRY),
    "+447700900006": Failure(Reason.TRIAL),
    "+447700900007": Failure(Reason.CREDENTIALS),
    "+447700900008": Failure(Reason.BUSY, permanent=False),
    # This text arrives although the channel cannot know that.
    "+447700900009": Failure(Reason.NETWORK, "cut", permanent=False, sent=Sent.MAYBE),
}


class OutboxChannel(Channel):
    """Keeps texts here. For the admin and receipts it behaves like the provider it plays."""

    def __init__(self, plays: str = "") -> None:
        """Load the provider's class, if any."""
        self._played: Channel | None = import_string(plays)() if plays else None
        if self._played:
            self.provider = self._played.provider
            self.account_words = self._played.account_words

    def read_receipt(self, receipt_id: UUID, body: bytes, headers: Mapping[str, str]) -> Report:
        """Read it as the provider does."""
        if self._played is None:
            raise UnsignedError
        return self._played.read_receipt(receipt_id, body, headers)

    def refuse_account_id(self, typed: str) -> str:
        """Apply the provider's rules."""
        return self._played.refuse_account_id(typed) if self._played else ""

    def is_sender(self, typed: str) -> bool:
        """Apply the provider's rules."""
        return self._played is not None and self._played.is_sender(typed)

    def send(self, message: Message) -> Receipt:
        """Keep the text, or fail if the number is a test number."""
        failure = FAILURES.get(message.to)
        if failure and failure.sent is Sent.NO:
            raise failure.error()
        kept = keep("sms", message.to, body=message.text)
        if failure:
            raise failure.error()
        return Receipt(f"outbox-{kept.pk}", Progress.DELIVERED)

    def check(self, values: SmsValues | None = None) -> list[Finding]:
        """Say where the texts are."""
        del values
        return [Finding(good=True, text=_("This is a demo: texts stay on the virtual phone."))]


class EmailBackend(BaseEmailBackend):
    """A Django mail backend that keeps the emails here."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep one message per recipient. Raises BadHeaderError like a real backend."""
        for mail in email_messages:
            mail.message()
            for recipient in mail.recipients():
                keep("email", recipient, subject=str(mail.subject), body=str(mail.body))
        return len(email_messages)


def keep(channel: str, target: str, *, body: str, subject: str = "") -> OutboxMessage:
    """Store a message and delete the oldest ones."""
    kept = OutboxMessage.objects.create(
        channel=channel, target=target, subject=subject[:200], body=body
    )
    for last in OutboxMessage.objects.values_list("pk", flat=True)[KEPT : KEPT + 1]:
        OutboxMessage.objects.filter(pk__lte=last).delete()
    return kept
