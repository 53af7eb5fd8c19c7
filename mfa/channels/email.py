"""Mails through Django's configured backend."""

import ssl
from contextlib import suppress
from smtplib import (
    SMTPAuthenticationError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from socket import gaierror
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.utils.encoding import punycode
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from mfa import faults
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
from mfa.models import Reason

# RFC 5321, 4.2.1: an answer from 400 refuses for now, one from 500 for good.
REFUSED, PERMANENT = 400, 500
# For administrators; people read the reason's own words, which speak of texts where they must.
WORDS = {
    Reason.NETWORK: _("The mail server of EMAIL_URL did not answer."),
    Reason.BUSY: _("The mail server refuses for now."),
    Reason.CREDENTIALS: _("The mail server does not take the user and password of EMAIL_URL."),
    Reason.SENDER: _("The mail server does not take the sender, DEFAULT_FROM_EMAIL."),
    Reason.UNKNOWN: _("The mail server refused the mail."),
}


class EmailChannel(Channel):
    """Sends mails; each step of SMTP takes EMAIL_TIMEOUT s at most."""

    @sensitive_variables()
    def send(self, message: Message) -> Receipt:
        """Hand one mail to the server."""
        outcome = _carry(message)
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome

    def check(self) -> list[Finding]:
        """Connect, log in where the server wants it, and say goodbye."""
        connection = get_connection()
        fault = _open(connection)
        if fault:
            raise fault
        _close(connection)
        return [Finding(good=True, text=gettext("The mail server answers."))]

    def explain(self, reason: Reason, code: str = "") -> str:
        """Say what a fault of the mail server means, with its own number or our word for it."""
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
    except Exception as error:  # noqa: BLE001 - whatever it is, no server has heard of the mail
        return broken(error, "preparing a mail")
    try:
        return _hand_over(mail, connection) or Receipt(mail_id, Progress.ACCEPTED)
    finally:
        _close(connection)


def _hand_over(mail: EmailMultiAlternatives, connection: BaseEmailBackend) -> DeliveryError | None:
    try:
        if connection.send_messages([mail]) == 0:
            # Django's word for a mail to nobody
            return broken(ValueError(), "handing over a mail to nobody")
    except OSError as error:
        return _fault(error, lost=Sent.MAYBE)
    except ValueError as error:
        # A line break in subject or address, or two addresses: refused before the server heard.
        if not _sender_is_one():
            return DeliveryError(Reason.SENDER, permanent=True)
        return broken(error, "handing over a mail")
    except Exception as error:  # noqa: BLE001 - smtplib's frames hold the mail
        return broken(error, "handing over a mail", sent=Sent.MAYBE)
    return None


def _sender_is_one() -> bool:
    """Say whether a mail can carry the sender, which every mail has."""
    try:
        sanitize_address(settings.DEFAULT_FROM_EMAIL, "utf-8")
    except ValueError:
        return False
    return True


def _mail(message: Message, mail_id: str) -> EmailMultiAlternatives:
    domain = punycode(settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> "))
    headers = {
        # Ours, so that the delivery can name it, and no look-up of this machine's name is needed.
        "Message-ID": f"<{mail_id}@{domain}>",
        # RFC 3834: no out-of-office answer comes back.
        "Auto-Submitted": "auto-generated",
    }
    mail = EmailMultiAlternatives(message.subject, message.text, to=[message.to], headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _open(connection: BaseEmailBackend) -> DeliveryError | None:
    try:
        connection.open()
    except OSError as error:
        # It may stand by half: greeted, but not logged in.
        _close(connection)
        return _fault(error, lost=Sent.NO)
    return None


def _close(connection: BaseEmailBackend) -> None:
    # The mail is with the server by now, or the fault is known: a bad goodbye changes neither.
    with suppress(OSError):
        connection.close()


def _fault(error: OSError, *, lost: Sent) -> DeliveryError:
    """Classify what smtplib raised (its errors are OSErrors); `lost` is for a line that broke."""
    if faults.is_local(error):
        return broken(error, "speaking with the mail server", sent=lost)
    answer = _answer(error)
    if answer < REFUSED:
        return DeliveryError(Reason.NETWORK, sent=lost, code=_word(error))
    permanent = answer >= PERMANENT
    return DeliveryError(_reason(error, permanent=permanent), permanent=permanent, code=str(answer))


def _answer(error: OSError) -> int:
    match error:
        case SMTPRecipientsRefused():
            return int(next(iter(error.recipients.values()))[0])
        case SMTPResponseException():
            return int(error.smtp_code)
        case SMTPNotSupportedError():
            # RFC 5321, 4.2.2: "command not implemented"; smtplib found that out by itself.
            return 502
    return 0


def _reason(error: OSError, *, permanent: bool) -> Reason:
    if not permanent:
        return Reason.BUSY
    match error:
        case SMTPAuthenticationError():
            return Reason.CREDENTIALS
        case SMTPSenderRefused():
            return Reason.SENDER
    return Reason.REFUSED


def _word(error: OSError) -> str:
    # smtplib wraps what broke the line once it stands.
    match error.__context__ if isinstance(error, SMTPServerDisconnected) else error:
        case gaierror():
            return "dns"
        case ssl.SSLError():
            return "tls"
        case TimeoutError():
            return "deadline"
        case ConnectionRefusedError():
            return "connect"
    return "cut"
