"""Twilio's delivery receipts: their URL, their signature and their content."""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha1
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from mfa.channels.base import MalformedError, Progress, Report, Tidings, UnsignedError
from mfa.channels.twilio.errors import NOT_DELIVERED, fault
from mfa.models import SmsAccount
from mfa.rules.routes import Purpose

PROVIDER = "twilio"

# Top-level names that are not public: RFC 6761, RFC 6762, RFC 8375, and ICANN's "internal"
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
# Message Redaction replaces the last four digits of a number with this.
HIDDEN = "XXXX"


def address(receipt_id: UUID | None) -> str:
    """Return the URL for Twilio's reports, or "" if Twilio cannot reach this portal.

    It is always under BASE_URL, whatever host a request named. It requires https, because receipts
    hold the number, and a public name, because Twilio refuses others.
    """
    return url_of(receipt_id) if receipt_id and can_come() else ""


def can_come() -> bool:
    """Whether Twilio can reach this portal."""
    return settings.HTTPS and _is_public(settings.HOST)


def url_of(receipt_id: UUID) -> str:
    """Return the URL that the signature of a receipt covers."""
    return f"{settings.BASE_URL}{reverse('mfa:receipt', args=[PROVIDER, receipt_id])}"


def opened(receipt_id: UUID, body: bytes, signature: str, account: SmsAccount) -> Report:
    """Read a posted receipt. Raises UnsignedError, and MalformedError for a NUL byte."""
    form, url = QueryDict(body), url_of(receipt_id)
    for account_id, tokens, purposes in _signers(account):
        if signed(url, form, signature, tokens):
            if any("\0" in value for value in form.values()):
                raise MalformedError
            return Report(read(form, account_id), purposes)
    raise UnsignedError


def _signers(
    live: SmsAccount,
) -> Iterator[tuple[str, list[str], frozenset[Purpose] | None]]:
    """List the accounts that can report: the live one, and the waiting one for its own tests."""
    yield live.account_id, live.tokens(timezone.now()), None
    if token := live.candidate_auth_token:
        yield live.candidate_account_id, [token], frozenset({Purpose.ACCOUNT})


def signed(url: str, form: QueryDict, signature: str, tokens: Iterable[str]) -> bool:
    """Whether one of the tokens made the signature (WB-07).

    HMAC-SHA1 over the URL and all fields in order, as in Twilio's documentation. Twilio may include
    or omit a default port, so both forms of the URL count.
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
    """Read a receipt. Return None for another account's, or for a status without meaning for us."""
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
        # Twilio refuses host names with an underscore.
        return len(labels) > 1 and labels[-1] not in PRIVATE and "_" not in host
