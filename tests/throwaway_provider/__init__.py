"""A provider of texts only for tests: one package, one line in the settings."""

import hmac
import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from mfa.channels.base import (
    AccountWords,
    Channel,
    DeliveryError,
    Finding,
    Message,
    Progress,
    Receipt,
    Report,
    Sent,
    Tidings,
    UnsignedError,
)
from mfa.models import Reason, SmsAccount, SmsValues

# Its names of faults, and ours
REASONS = {
    "E1": (Reason.UNKNOWN_NUMBER, True),
    "E2": (Reason.ACCOUNT, True),
    "E3": (Reason.BUSY, False),
}
STATES = {"there": Progress.DELIVERED, "lost": Progress.FAILED}
SIGNATURE = "X-Throwaway-Signature"


class ThrowawayChannel(Channel):
    """Sends texts as JSON over one HTTP request each."""

    provider = "throwaway"
    account_words = AccountWords(
        about="Texts go through your own account at Throwaway.",
        account_id="Your customer number.",
        auth_token="Your password for programs.",
        phone_number="The number that texts come from.",
        steps=("Open an account at Throwaway.", "Note its number."),
        straight="Texts go straight to Throwaway.",
    )

    def __init__(self, address: str = "") -> None:
        """Store its address."""
        self._address = address

    @sensitive_variables()
    def send(self, message: Message) -> Receipt:
        """Post the text."""
        answer = self._ask("POST", "/texts", _form(message))
        if isinstance(answer, DeliveryError):
            raise answer
        return Receipt(answer["id"], Progress.ACCEPTED)

    def check(self, values: SmsValues | None = None) -> list[Finding]:
        """Ask whether the account is there."""
        answer = self._ask("GET", "/account")
        if isinstance(answer, DeliveryError):
            raise answer
        return [Finding(good=True, text="The account answers.")]

    def read_receipt(self, receipt_id: UUID, body: bytes, headers: Mapping[str, str]) -> Report:
        """Accept only what the account's token signed."""
        made = sign(receipt_id, body, SmsAccount.load().auth_token)
        if not hmac.compare_digest(made, headers.get(SIGNATURE, "")):
            raise UnsignedError
        told = json.loads(body)
        reason = REASONS[told["fault"]][0] if "fault" in told else None
        progress = STATES[told["state"]]
        return Report(Tidings(told["id"], told["to"], progress, reason, told.get("fault", "")))

    def refuse_account_id(self, typed: str) -> str:
        """Check the format of a customer number."""
        return "" if typed.isdecimal() else "A customer number has digits alone."

    @sensitive_variables()
    def _ask(self, method: str, path: str, form: dict[str, str] | None = None):
        try:
            line = HTTPConnection(self._address, timeout=5)
            line.request(method, path, json.dumps(form))
            answer = json.load(line.getresponse())
            line.close()
        except (OSError, HTTPException):
            return DeliveryError(Reason.NETWORK, sent=Sent.NO, code="connect")
        if fault := answer.get("fault"):
            reason, permanent = REASONS[fault]
            return DeliveryError(reason, permanent=permanent, code=fault)
        return answer


def _form(message: Message) -> dict[str, str]:
    name = message.receipt_id
    path = reverse("mfa:receipt", args=[ThrowawayChannel.provider, name]) if name else ""
    return {"to": message.to, "text": message.text, "reports": f"{settings.BASE_URL}{path}"}


def sign(receipt_id: UUID, body: bytes, token: str) -> str:
    """The provider's signature of a receipt."""
    return hmac.new(token.encode(), receipt_id.bytes + body, "sha256").hexdigest()
