"""What every channel promises: carry one message once, or raise DeliveryError."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext

from mfa import faults
from mfa.models import Reason


class Sent(StrEnum):
    """Whether the message may have left although the channel reported trouble."""

    NO = "no"
    MAYBE = "maybe"


class DeliveryError(Exception):
    """A message that was not carried; its text holds no number, code or token.

    `code` is the provider's own error number, or a word for a fault on the way to it ("dns"), or
    "" where there is neither. `permanent` says that the same message to the same target will fail
    again until somebody acts.
    """

    def __init__(
        self, reason: Reason, *, sent: Sent = Sent.NO, permanent: bool = False, code: str = ""
    ) -> None:
        """Keep the class of the fault and the provider's number for it."""
        super().__init__(f"{reason} (code {code or 'none'}, sent: {sent})")
        self.reason = reason
        self.sent = sent
        self.permanent = permanent
        self.code = code


def broken(error: Exception, doing: str, *, sent: Sent = Sent.NO) -> DeliveryError:
    """Log an exception of our own, and return it as the fault that ends the message."""
    faults.log(error, doing)
    return DeliveryError(Reason.INTERNAL, sent=sent, permanent=True)


class Progress(StrEnum):
    """How far the provider says that an accepted message has come; it fails only afterwards."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to go: `text` for the body, `html` and `subject` for mail alone.

    `receipt_id` names it where the provider reports what becomes of it. Its repr tells neither
    number nor code, for the sake of tracebacks (OT-08).
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    life_seconds: int | None = None
    attempt: int = 1
    receipt_id: UUID | None = None
    # Sent with the values that wait for a superuser (mfa.sms_account)
    by_candidate: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's answer to a message that it took."""

    provider_id: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Tidings:
    """What the provider says later; `reason` and `code` only where the message failed.

    `to` is the number, or its beginning where the provider hides the rest.
    """

    provider_id: str
    to: str = field(repr=False)
    progress: Progress
    reason: Reason | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a connection test, in words for administrators; one may say "a trial"."""

    good: bool
    text: str
    is_trial: bool = False


class Channel(ABC):
    """A way for messages to travel. Instances are shared by threads."""

    # Whether the provider is to hear which codes came back
    wants_feedback = False

    @abstractmethod
    def send(self, message: Message) -> Receipt:
        """Hand the message over once, within 10 s. Raises DeliveryError.

        Any other exception means that the portal broke before anything could leave.
        """

    @abstractmethod
    def check(self) -> list[Finding]:
        """Test the connection without sending. Raises DeliveryError."""

    def confirm(self, provider_id: str) -> None:  # noqa: B027 - most providers want to know nothing
        """Tell the provider that a message brought its code back. Raises DeliveryError."""

    def explain(self, reason: Reason, code: str = "") -> str:
        """Say what a DeliveryError means, in words for administrators."""
        if reason is Reason.INTERNAL:
            return gettext("A fault in the portal stopped the message. The log says where.")
        return f"{reason.label} ({code})" if code else str(reason.label)
