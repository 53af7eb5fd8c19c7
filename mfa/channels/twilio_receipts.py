"""Twilio's delivery receipts: where they come in, whether they are Twilio's, and what they say."""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from mfa.channels.base import Progress, Tidings
from mfa.channels.twilio_errors import NOT_DELIVERED, fault

# Names that no resolver of Twilio's knows: RFC 6761, RFC 6762, RFC 8375, and ICANN's "internal"
PRIVATE = {"localhost", "local", "internal", "test", "example", "invalid", "arpa", "lan"}
PORTS = {"https": 443, "http": 80}
PROGRESS = {
    "accepted": Progress.ACCEPTED,
    "queued": Progress.ACCEPTED,
    "sending": Progress.ACCEPTED,
    "sent": Progress.SENT,
    "delivered": Progress.DELIVERED,
    "read": Progress.DELIVERED,
    "failed": Progress.FAILED,
    "undelivered": Progress.FAILED,
    "canceled": Progress.FAILED,
}
MESSAGE_ID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
CODE = re.compile(r"[0-9]{5,6}")
# What Message Redaction puts in place of a number's last four digits
HIDDEN = "XXXX"


def address(receipt_id: UUID | None) -> str:
    """Return where Twilio shall report, "" where it could not reach this portal.

    Always under BASE_URL, whatever host a request named; only by https, since receipts hold the
    number; and only where the name can be known outside, since Twilio refuses others.
    """
    if receipt_id is None or not settings.HTTPS or not _is_public(settings.HOST):
        return ""
    return url_of(receipt_id)


def url_of(receipt_id: UUID) -> str:
    """Return the address under which a receipt is signed."""
    return f"{settings.BASE_URL}{reverse('mfa:twilio_receipt', args=[receipt_id])}"


def signed(url: str, form: QueryDict, signature: str, tokens: Iterable[str]) -> bool:
    """Say whether one of the tokens made the signature (WB-07).

    HMAC-SHA1 over the URL and all fields in order, as Twilio's documentation has it. Twilio keeps
    or drops a default port as it likes, so both spellings count.
    """
    fields = "".join(
        name + value for name in sorted(form) for value in sorted(set(form.getlist(name)))
    )
    right = False
    for token in tokens:
        for spelling in _spellings(urlsplit(url)):
            made = hmac.digest(token.encode(), (spelling + fields).encode(), sha1)
            right |= hmac.compare_digest(b64encode(made), signature.encode())
    return right


def read(form: QueryDict, account_id: str) -> Tidings | None:
    """Read a receipt; None where it is another account's, or its status says nothing to us."""
    progress = PROGRESS.get(form.get("MessageStatus", ""))
    message_id = form.get("MessageSid", "")
    to = form.get("To", "").removesuffix(HIDDEN)
    if (
        progress is None
        or not to
        or form.get("AccountSid") != account_id
        or not MESSAGE_ID.fullmatch(message_id)
    ):
        return None
    if progress is not Progress.FAILED:
        return Tidings(provider_id=message_id, to=to, progress=progress)
    code = form.get("ErrorCode", "")
    meaning = fault(int(code)) if CODE.fullmatch(code) else NOT_DELIVERED
    return Tidings(
        provider_id=message_id,
        to=to,
        progress=progress,
        reason=meaning.reason,
        code=code if CODE.fullmatch(code) else "",
    )


def _spellings(url: SplitResult) -> set[str]:
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    port = url.port or PORTS[url.scheme]
    with_port = url._replace(netloc=f"{host}:{port}").geturl()
    without = url._replace(netloc=str(host)).geturl()
    return {with_port, without} if port == PORTS[url.scheme] else {with_port}


def _is_public(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_global
    except ValueError:
        labels = host.rstrip(".").split(".")
        # Twilio refuses a host name with an underscore.
        return len(labels) > 1 and labels[-1] not in PRIVATE and "_" not in host
