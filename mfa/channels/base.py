"""The interface of a channel: send one message once, or raise DeliveryError."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from django.utils.translation import gettext

from mfa.channels import faults
from mfa.models import Reason, SmsValues
from mfa.rules.routes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Plain text, or text that is translated when it is shown
Words: TypeAlias = "StrPromise | str"


class Sent(StrEnum):
    """Whether the message may have been sent although the channel reported an error."""

    NO = "no"
    MAYBE = "maybe"


class DeliveryError(Exception):
    """A message that was not sent. The error text holds no number, code or token.

    `code` is the provider's error number, or our word for a connection fault ("dns"), or "".
    `permanent`: the same message to the same target fails again until someone acts.
    """

    def __init__(
        self, reason: Reason, *, sent: Sent = Sent.NO, permanent: bool = False, code: str = ""
    ) -> None:
        """Store the reason of the fault and the provider's number for it."""
        super().__init__(f"{reason} (code {code or 'none'}, sent: {sent})")
        self.reason = reason
        self.sent = sent
        self.permanent = permanent
        self.code = code


def broken(error: Exception, doing: str, *, sent: Sent = Sent.NO) -> DeliveryError:
    """Log an exception in our own code, and return it as the error for the message."""
    faults.log(error, doing)
    return DeliveryError(Reason.INTERNAL, sent=sent, permanent=True)


class Progress(StrEnum):
    """The state of an accepted message, as the provider reports it."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to send. Only emails have `html` and `subject`.

    `receipt_id` identifies it when the provider reports its state. Its repr shows neither number
    nor code, so tracebacks do not reveal them (OT-08).
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    life_seconds: int | None = None
    attempt: int = 1
    receipt_id: UUID | None = None
    # Sent with the account values that wait for a superuser's approval (mfa.messages.sms_account)
    by_candidate: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's answer to an accepted message."""

    provider_id: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Tidings:
    """A later report of the provider. Only a failed message has `reason` and `code`.

    `to` is the number, or its beginning if the provider hides the rest.
    """

    provider_id: str
    to: str = field(repr=False)
    progress: Progress
    reason: Reason | None = None
    code: str = ""


class MalformedError(Exception):
    """The content of a receipt cannot be stored."""


class UnsignedError(Exception):
    """A receipt without a valid signature."""


@dataclass(frozen=True, slots=True)
class Report:
    """A receipt with a valid signature, and the purposes of the messages that it can report on.

    `tidings` is None if the receipt has no meaning for us. `purposes` is None for all purposes.
    """

    tidings: Tidings | None
    purposes: frozenset[Purpose] | None = None


@dataclass(frozen=True, slots=True)
class AccountWords:
    """How the admin explains the provider's account. Empty texts are left out.

    They cover the account and its three values, the steps to get one, where to see the costs,
    sending without a proxy, trial accounts, and providers that keep texts despite SMS_REDACT.
    """

    about: Words = ""
    account_id: Words = ""
    auth_token: Words = ""
    phone_number: Words = ""
    before_steps: Words = ""
    steps: tuple[Words, ...] = ()
    after_steps: Words = ""
    costs: Words = ""
    costs_url: str = ""
    straight: Words = ""
    trial: Words = ""
    unredacted: Words = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a connection test, in words for administrators. It can mark a trial account."""

    good: bool
    text: str
    is_trial: bool = False


class Channel(ABC):
    """A way to send messages. Threads share the instances."""

    # Whether the provider wants to know which codes were entered
    wants_feedback = False
    # The provider's name in the URL of its receipts, /hooks/<provider>/; "" without receipts
    provider = ""
    account_words = AccountWords()
    # Whether the provider reports the state of a message after accepting it
    reports = False

    @abstractmethod
    def send(self, message: Message) -> Receipt:
        """Send the message once, within 10 s. Raises DeliveryError.

        Any other exception means that the portal failed before anything was sent.
        """

    @abstractmethod
    def check(self, values: SmsValues | None = None) -> list[Finding]:
        """Test the connection without sending, by other values if given. Raises DeliveryError."""

    def confirm(self, provider_id: str) -> None:  # noqa: B027 - most providers want to know nothing
        """Tell the provider that the code of a message was entered. Raises DeliveryError."""

    def read_receipt(self, receipt_id: UUID, body: bytes, headers: Mapping[str, str]) -> Report:
        """Read a provider's report about a message.

        Raises UnsignedError or MalformedError.
        """
        raise UnsignedError

    def refuse_account_id(self, typed: str) -> str:
        """Return why this cannot be an account id, or "" if it can."""
        del typed
        return ""

    def is_sender(self, typed: str) -> bool:
        """Whether the provider accepts this in place of a phone number."""
        del typed
        return False

    def explain(self, reason: Reason, code: str = "") -> str:
        """Explain a DeliveryError in words for administrators."""
        if reason is Reason.INTERNAL:
            return gettext("An error in the portal stopped the message. The log has the details.")
        return f"{reason.label} ({code})" if code else str(reason.label)
