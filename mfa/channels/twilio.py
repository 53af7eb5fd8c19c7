"""Texts by Twilio's Programmable Messaging, with the account that the Account Policy names."""

import logging
import os
from collections.abc import Collection
from functools import partial
from threading import Lock
from time import sleep
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from mfa import faults
from mfa.channels import twilio_errors
from mfa.channels.base import Channel, DeliveryError, Finding, Message, Receipt, Sent
from mfa.models import AccountPolicy, Reason

if TYPE_CHECKING:
    from urllib3 import PoolManager

    from mfa.channels.twilio_http import Wire

logger = logging.getLogger("mfa.channels")

# After these Twilio says that nothing was processed: once more is safe.
TOO_MANY_REQUESTS = {"20429"}
NO_REDACTION = {"30029", "30030"}
# In seconds; Twilio advises to wait 0.1 s and longer.
AFTER_TOO_MANY = 0.3


class TwilioChannel(Channel):
    """Sends texts. `proxy_url` alone decides about a proxy; the environment's is not asked.

    An API key sends in place of the account's token, which still reads the account: standard keys
    may not.
    """

    # 5 s a step and 10 s in all: a person waits, and so does a thread of the worker (OT-12).
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
        """Keep the options; the first send in each process makes the connections."""
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
    def proxy(self) -> str:
        """Host and port of the proxy, for people; "" without one."""
        return self._proxy_url.rpartition("@")[2].rpartition("://")[2].strip("/")

    @sensitive_variables()
    def send(self, message: Message) -> Receipt:
        """Ask once: Twilio knows no idempotency key, so what may have left is never repeated."""
        account = AccountPolicy.load()
        if message.by_candidate:
            account = account.with_candidate()
        if not account.complete:
            raise DeliveryError(Reason.CREDENTIALS, permanent=True)
        ask = partial(self._ask, self._wire(), account, message)
        outcome = ask(redact=self._redact)
        unredacted = self._redact and _refused(outcome, NO_REDACTION)
        if unredacted:
            # A code that Twilio keeps is better than none: it is worth nothing in ten minutes.
            outcome = ask(redact=False)
        if isinstance(outcome, DeliveryError):
            raise outcome
        if account.unredacted != unredacted and not message.by_candidate:
            _note(unredacted=unredacted)
        return outcome

    @sensitive_variables()
    def confirm(self, provider_id: str) -> None:
        """Report to Twilio, whose choice of routes learns from it."""
        from mfa.channels import twilio_http, twilio_send

        work = partial(twilio_send.confirm, provider_id)
        outcome = twilio_http.guarded(self._wire(), AccountPolicy.load(), work, key=self._key)
        if outcome is not None:
            raise outcome

    @sensitive_variables()
    def check(self) -> list[Finding]:
        """Look at account, sender and balance."""
        from mfa.channels import twilio_check, twilio_http

        account = AccountPolicy.load()
        if not account.complete:
            return [Finding(good=False, text=_("Enter account ID, token and number first."))]
        work = partial(twilio_check.look, account)
        outcome = twilio_http.guarded(self._wire(), account, work)
        if isinstance(outcome, DeliveryError):
            raise outcome
        if self._key:
            text = _("Texts go out by an API key: only a test message shows whether it works.")
            outcome.append(Finding(good=True, text=text))
        return outcome

    def explain(self, reason: Reason, code: str = "") -> str:
        """Say what a fault means, by Twilio's error number and with the proxy's name."""
        return twilio_errors.explain(reason, code, proxy=self.proxy)

    @sensitive_variables()
    def _ask(
        self, wire: "Wire", account: AccountPolicy, message: Message, *, redact: bool
    ) -> Receipt | DeliveryError:
        # The SDK costs 200 ms and 26 MB, so that only who sends pays.
        from mfa.channels import twilio_http, twilio_send

        work = partial(
            twilio_send.create,
            account.sms_phone_number,
            message,
            feedback=self.wants_feedback,
            redact=redact,
            intent=self._intent,
        )
        outcome = twilio_http.guarded(wire, account, work, key=self._key)
        if _refused(outcome, TOO_MANY_REQUESTS):
            sleep(AFTER_TOO_MANY)
            outcome = twilio_http.guarded(wire, account, work, key=self._key)
        return outcome

    @sensitive_variables()
    def _wire(self) -> "Wire":
        from mfa.channels import twilio_http

        wanted = (os.getpid(), twilio_http.authorities())
        with self._lock:
            # Connections must not be shared with the process that we were forked from.
            if self._lines is None or self._made_for != wanted:
                self._lines = twilio_http.connect(self._proxy_url, wanted[1])
                self._made_for = wanted
            lines = self._lines
        return twilio_http.Wire(lines, timeout=self._timeout, deadline=self._deadline)


def _refused(outcome: Receipt | DeliveryError, codes: Collection[str]) -> bool:
    """Whether nothing was sent, for one of these reasons."""
    if isinstance(outcome, Receipt):
        return False
    return outcome.sent is Sent.NO and outcome.code in codes


def _note(*, unredacted: bool) -> None:
    """Tell administrators: the Account Policy shows it until a text is redacted again.

    The text has left by now, so a fault in here is only logged.
    """
    try:
        AccountPolicy.objects.update(unredacted=unredacted)
    except Exception as error:  # noqa: BLE001
        faults.log(error, "noting whether Twilio redacts")
    if unredacted:
        logger.warning("Twilio redacts no texts of this account, although SMS_REDACT is on")
