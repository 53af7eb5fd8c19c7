"""Sends texts by Twilio's Programmable Messaging, with the account of the Account Policy."""

import logging
import os
from collections.abc import Collection, Mapping
from functools import partial
from threading import Lock
from time import sleep
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from mfa.channels import faults
from mfa.channels.base import Channel, DeliveryError, Finding, Message, Receipt, Report, Sent
from mfa.channels.trust import authorities
from mfa.channels.twilio import account as accounts, errors, receipts
from mfa.models import Reason, SmsAccount, SmsValues

if TYPE_CHECKING:
    from urllib3 import PoolManager

    from mfa.channels.twilio.http import Wire

logger = logging.getLogger("mfa.channels")

# Twilio processed nothing in these cases, so a retry is safe.
TOO_MANY_REQUESTS = {"20429"}
NO_REDACTION = {"30029", "30030"}
# In seconds. Twilio advises to wait at least 0.1 s.
AFTER_TOO_MANY = 0.3


class TwilioChannel(Channel):
    """Sends texts. Only `proxy_url` sets a proxy; proxy variables of the environment are ignored.

    With an API key, the key sends and the account's token still reads the account, because standard
    keys cannot.
    """

    provider = receipts.PROVIDER
    account_words = accounts.WORDS

    # 5 s per step and 10 s in total, because a person and a worker thread wait (OT-12).
    def __init__(
        self,
        proxy_url: str = "",
        *,
        api_key: str = "",
        api_secret: str = "",
        feedback: bool = False,
        redact: bool = False,
        intent: str = "",
        timeout: float = 5,
        deadline: float = 10,
    ) -> None:
        """Store the options. Each process connects at its first send."""
        bare = proxy_url and "://" not in proxy_url
        self._proxy_url = f"http://{proxy_url}" if bare else proxy_url
        self._key = (api_key, api_secret) if api_key else None
        self.wants_feedback = feedback
        self._redact = redact
        self._intent = intent
        self._timeout = timeout
        self._deadline = deadline
        self._lock = Lock()
        self._made_for: tuple[int, str] | None = None
        self._lines: PoolManager | None = None

    @property
    def reports(self) -> bool:  # type: ignore[override]
        """Whether Twilio can reach this portal with its receipts."""
        return receipts.can_come()

    @property
    def proxy(self) -> str:
        """The proxy's host and port, for people; "" without a proxy."""
        return self._proxy_url.rpartition("@")[2].rpartition("://")[2].strip("/")

    @sensitive_variables()
    def send(self, message: Message) -> Receipt:
        """Ask once.

        Twilio has no idempotency key, so a text that may have been sent is not repeated.
        """
        account = SmsAccount.load()
        if message.by_candidate:
            account = account.with_candidate()
        _demand_values(account)
        ask = partial(self._ask, self._wire(), account, message)
        outcome = ask(redact=self._redact)
        unredacted = self._redact and _refused(outcome, NO_REDACTION)
        if unredacted:
            # Sending a code that Twilio keeps is better than sending none: it expires in ten
            # minutes.
            outcome = ask(redact=False)
        if isinstance(outcome, DeliveryError):
            raise outcome
        if account.unredacted != unredacted and not message.by_candidate:
            _note(unredacted=unredacted)
        return outcome

    @sensitive_variables()
    def confirm(self, provider_id: str) -> None:
        """Report to Twilio, which uses this to choose its routes."""
        from mfa.channels.twilio import http, send

        work = partial(send.confirm, provider_id)
        outcome = http.guarded(self._wire(), SmsAccount.load(), work, key=self._key)
        if outcome is not None:
            raise outcome

    @sensitive_variables()
    def check(self, values: SmsValues | None = None) -> list[Finding]:
        """Check account, sender and balance."""
        from mfa.channels.twilio import check, http

        account = SmsAccount.load()
        if values is not None:
            account.values = values
        if not account.complete:
            return [Finding(good=False, text=_("Enter the account ID, token and number first."))]
        work = partial(check.look, account)
        outcome = http.guarded(self._wire(), account, work)
        if isinstance(outcome, DeliveryError):
            raise outcome
        if self._key:
            text = _("Texts are sent with an API key. Send a test message to see if it works.")
            outcome.append(Finding(good=True, text=text))
        return outcome

    def read_receipt(self, receipt_id: UUID, body: bytes, headers: Mapping[str, str]) -> Report:
        """Read a receipt signed by the live account or by the account that waits (WB-07)."""
        signature = headers.get("X-Twilio-Signature", "")
        return receipts.opened(receipt_id, body, signature, SmsAccount.load())

    def refuse_account_id(self, typed: str) -> str:
        """Check the format of the account SID."""
        return accounts.refuse(typed)

    def is_sender(self, typed: str) -> bool:
        """Accept a messaging service in place of a number."""
        return accounts.is_service(typed)

    def explain(self, reason: Reason, code: str = "") -> str:
        """Explain a fault by Twilio's error number and with the proxy's name."""
        return errors.explain(reason, code, proxy=self.proxy)

    @sensitive_variables()
    def _ask(
        self, wire: "Wire", account: SmsAccount, message: Message, *, redact: bool
    ) -> Receipt | DeliveryError:
        # Import the SDK only when sending, because it costs 200 ms and 26 MB.
        from mfa.channels.twilio import http, send

        work = partial(
            send.create,
            account.phone_number,
            message,
            feedback=self.wants_feedback,
            redact=redact,
            intent=self._intent,
        )
        outcome = http.guarded(wire, account, work, key=self._key)
        if _refused(outcome, TOO_MANY_REQUESTS):
            sleep(AFTER_TOO_MANY)
            outcome = http.guarded(wire, account, work, key=self._key)
        return outcome

    @sensitive_variables()
    def _wire(self) -> "Wire":
        from mfa.channels.twilio import http

        wanted = (os.getpid(), authorities())
        with self._lock:
            # A forked process must not use the connections of its parent.
            if self._lines is None or self._made_for != wanted:
                self._lines = http.connect(self._proxy_url, wanted[1])
                self._made_for = wanted
            lines = self._lines
        return http.Wire(lines, timeout=self._timeout, deadline=self._deadline)


def _demand_values(account: SmsAccount) -> None:
    if account.token_lost:
        logger.error("no text goes out: the SMS account's token fits none of ENCRYPTION_KEYS")
        raise DeliveryError(Reason.INTERNAL, permanent=True, code="key")
    if not account.complete:
        raise DeliveryError(Reason.CREDENTIALS, permanent=True)


def _refused(outcome: Receipt | DeliveryError, codes: Collection[str]) -> bool:
    """Whether nothing was sent, because of one of these codes."""
    if isinstance(outcome, Receipt):
        return False
    return outcome.sent is Sent.NO and outcome.code in codes


def _note(*, unredacted: bool) -> None:
    """Store whether Twilio redacts. The Account Policy warns until a text is redacted again.

    The text was sent before, so an error here is only logged.
    """
    try:
        SmsAccount.note(unredacted=unredacted)
    except Exception as error:  # noqa: BLE001
        faults.log(error, "noting whether Twilio redacts")
    if unredacted:
        logger.warning("Twilio redacts no texts of this account, although SMS_REDACT is on")
