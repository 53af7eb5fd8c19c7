"""Maps errors of the mail server or the connection to our reasons."""

import ssl
from smtplib import (
    SMTPAuthenticationError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from socket import gaierror

from django.utils.translation import gettext_lazy as _

from mfa.channels import faults
from mfa.channels.base import DeliveryError, Sent, broken
from mfa.models import Reason

# RFC 5321, 4.2.1: codes from 400 are temporary, codes from 500 permanent.
REFUSED, PERMANENT = 400, 500
# For administrators. People see the reason's label, which mentions texts if needed.
WORDS = {
    Reason.NETWORK: _("The mail server in EMAIL_URL did not respond."),
    Reason.BUSY: _("The mail server is temporarily refusing emails."),
    Reason.CREDENTIALS: _("The mail server rejected the username and password in EMAIL_URL."),
    Reason.SENDER: _("The mail server rejected the sender address in DEFAULT_FROM_EMAIL."),
    Reason.REFUSED: _("The mail server rejected the email."),
    Reason.UNKNOWN: _("The mail server rejected the email."),
}


def fault_of(error: OSError, *, lost: Sent) -> DeliveryError:
    """Map an error of smtplib to a DeliveryError. `lost` applies if the connection broke."""
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
            # RFC 5321, 4.2.2: "command not implemented". smtplib raises this without asking the
            # server.
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
    # smtplib wraps the original error after the connection was open.
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
