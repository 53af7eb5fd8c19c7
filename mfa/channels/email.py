"""The email channel, which uses Django's configured backend."""

from contextlib import suppress
from email.utils import formataddr, parseaddr
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.utils.encoding import punycode
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from mfa.channels.base import (
    Channel,
    DeliveryError,
    Finding,
    Message,
    Progress,
    Receipt,
    Sent,
    broken,
)
from mfa.channels.smtp_faults import WORDS, fault_of
from mfa.models import Reason, SitePolicy, SmsValues


class EmailChannel(Channel):
    """Sends emails. Each step of SMTP takes up to EMAIL_TIMEOUT seconds."""

    @sensitive_variables()
    def send(self, message: Message) -> Receipt:
        """Pass one email to the mail server."""
        outcome = _carry(message)
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome

    def check(self, values: SmsValues | None = None) -> list[Finding]:
        """Connect, log in if the server requires it, and close the connection."""
        del values
        connection = get_connection()
        fault = _open(connection)
        if fault:
            raise fault
        _close(connection)
        return [Finding(good=True, text=gettext("The mail server answers."))]

    def explain(self, reason: Reason, code: str = "") -> str:
        """Explain a fault of the mail server, with its number or our word for it."""
        if reason not in WORDS:
            return super().explain(reason, code)
        return f"{WORDS[reason]} ({code})" if code else str(WORDS[reason])


@sensitive_variables()
def _carry(message: Message) -> Receipt | DeliveryError:
    """Return the fault instead of raising it: smtplib's frames hold the mail and its code."""
    mail_id = uuid4().hex
    try:
        mail, connection = _mail(message, mail_id), get_connection()
        if fault := _open(connection):
            return fault
    except Exception as error:  # noqa: BLE001 - no mail server has received anything yet
        return broken(error, "preparing a mail")
    try:
        return _hand_over(mail, connection) or Receipt(mail_id, Progress.ACCEPTED)
    finally:
        _close(connection)


def _hand_over(mail: EmailMultiAlternatives, connection: BaseEmailBackend) -> DeliveryError | None:
    try:
        if connection.send_messages([mail]) == 0:
            # Django returns 0 for a mail without recipients.
            return broken(ValueError(), "handing over a mail to nobody")
    except OSError as error:
        return fault_of(error, lost=Sent.MAYBE)
    except ValueError as error:
        # A line break in subject or address, or two addresses. Nothing was sent to the server.
        if not _sender_is_one():
            return DeliveryError(Reason.SENDER, permanent=True)
        return broken(error, "handing over a mail")
    except Exception as error:  # noqa: BLE001 - smtplib's frames hold the mail
        return broken(error, "handing over a mail", sent=Sent.MAYBE)
    return None


def _sender_is_one() -> bool:
    """Whether DEFAULT_FROM_EMAIL is valid. Every email uses it."""
    try:
        sanitize_address(settings.DEFAULT_FROM_EMAIL, "utf-8")
    except ValueError:
        return False
    return True


def sender() -> str:
    """Return DEFAULT_FROM_EMAIL, with the portal's name if it has none."""
    set_one = settings.DEFAULT_FROM_EMAIL
    bare = parseaddr(set_one) == ("", set_one)
    return formataddr((SitePolicy.brand().name, set_one)) if bare else set_one


def _mail(message: Message, mail_id: str) -> EmailMultiAlternatives:
    domain = punycode(settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> "))
    headers = {
        # Our own id, so the delivery can store it and no lookup of the host name is needed.
        "Message-ID": f"<{mail_id}@{domain}>",
        # RFC 3834: prevents out-of-office replies.
        "Auto-Submitted": "auto-generated",
    }
    mail = EmailMultiAlternatives(
        message.subject, message.text, sender(), to=[message.to], headers=headers
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _open(connection: BaseEmailBackend) -> DeliveryError | None:
    try:
        connection.open()
    except OSError as error:
        # The connection may be open but not logged in.
        _close(connection)
        return fault_of(error, lost=Sent.NO)
    return None


def _close(connection: BaseEmailBackend) -> None:
    # The mail is sent or the fault is known, so an error while closing does not matter.
    with suppress(OSError):
        connection.close()
