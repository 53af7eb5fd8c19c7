"""How the official SDK reaches Twilio: shared connections, a deadline and one class of errors.

Import it only when sending: the SDK costs 200 ms and 26 MB.
"""

import ssl
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from logging import getLogger
from time import monotonic
from traceback import walk_tb
from typing import TypeVar
from urllib.parse import unquote, urlencode

from django.views.decorators.debug import sensitive_variables
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.base.version import Version
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3 import PoolManager, ProxyManager, Timeout
from urllib3.exceptions import HTTPError, NameResolutionError, SSLError, TimeoutError as Slow
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from mfa.channels import faults
from mfa.channels.base import DeliveryError, Sent, broken
from mfa.channels.lines import Call, Connection, DeadlineError, Lines, within
from mfa.channels.trust import context as context_of
from mfa.channels.twilio.errors import fault
from mfa.models import Reason, SmsAccount

logger = getLogger("mfa.channels")
Result = TypeVar("Result")

# The largest expected answer is a page of phone numbers, about 2 kB each.
LARGEST_ANSWER = 256 * 1024
# Twilio's error numbers have five or six digits. Ignore other values.
CODES = range(10_000, 1_000_000)
# More parallel requests open further connections.
MOST_IDLE = 32


@sensitive_variables()
def connect(proxy_url: str, trusted: str) -> PoolManager:
    """Open the shared connections. Raises DeliveryError for an invalid file or address."""
    try:
        context = context_of(trusted)
    except OSError:
        raise DeliveryError(Reason.INTERNAL, code="bundle") from None
    try:
        lines = _through(proxy_url, context) if proxy_url else _direct(context)
    except (HTTPError, ValueError):
        raise DeliveryError(Reason.PROXY, code="proxy") from None
    # Only https, so the token never crosses a network unencrypted, whatever an address says.
    lines.pool_classes_by_scheme = {"https": Lines}
    return lines


def _direct(context: ssl.SSLContext) -> PoolManager:
    return PoolManager(ssl_context=context, maxsize=MOST_IDLE)


def _through(proxy_url: str, context: ssl.SSLContext) -> PoolManager:
    login = parse_url(proxy_url).auth
    return ProxyManager(
        proxy_url,
        proxy_headers={"proxy-authorization": _basic(unquote(login))} if login else None,
        proxy_ssl_context=context,
        ssl_context=context,
        maxsize=MOST_IDLE,
        # urllib3 omits this behind a proxy, and then each request waits 40 ms for an ACK.
        socket_options=Connection.default_socket_options,
    )


def _basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


class Wire(HttpClient):
    """The SDK's HTTP client for one send or check. It keeps nothing of the content.

    `left`: the last request was sent. `answered`: a complete answer arrived.
    """

    def __init__(self, lines: PoolManager, *, timeout: float, deadline: float) -> None:
        """Start the clock: `timeout` seconds per step, `deadline` seconds in total."""
        super().__init__(getLogger(__name__), is_async=False, timeout=timeout)
        self._lines = lines
        self._patience = Timeout(connect=timeout, read=timeout)
        self._ends = monotonic() + deadline
        self.left = self.answered = False

    @sensitive_variables()
    def request(  # noqa: PLR0917 - the SDK's signature
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 - never followed
    ) -> Response:
        """Ask once. Raises DeliveryError if no answer arrives."""
        call, self.left, self.answered = Call(), False, False
        ask = partial(
            self._lines.request,
            method,
            f"{uri}?{urlencode(params, doseq=True)}" if params else uri,
            body=urlencode(data, doseq=True) if data else None,
            headers={**(headers or {}), "authorization": _basic(":".join(auth or ()))},
            timeout=self._patience,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        answer: Response | Exception
        try:
            answer = within(self._ends, call, partial(self._answer, ask, call))
        except DeadlineError as error:
            answer = self._fault(error, call)
        self.left = call.left
        if isinstance(answer, Exception):
            raise answer
        self.answered = True
        return answer

    def _answer(self, ask: "partial[BaseHTTPResponse]", call: Call) -> Response | Exception:
        """Return every exception, because one raised here would be lost with the thread."""
        try:
            with ask() as answer:
                body = answer.read(LARGEST_ANSWER + 1)
        except (HTTPError, OSError, DeadlineError) as error:
            return self._fault(error, call)
        except ValueError as error:
            # Before sending, our data caused it; after sending, the answer did.
            return self._fault(error, call) if call.left else error
        except Exception as error:  # noqa: BLE001 - guarded() decides who caused it
            return error
        if len(body) > LARGEST_ANSWER:
            return DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="garbled")
        return Response(answer.status, body.decode(errors="replace"), answer.headers)

    def _fault(self, error: Exception, call: Call) -> DeliveryError:
        if faults.is_local(error) and not call.left:
            return broken(error, "connecting to Twilio")
        slow = isinstance(error, (DeadlineError, Slow))
        if call.left:
            code = "deadline" if slow else "cut"
            return DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code=code)
        if isinstance(error, SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
            return DeliveryError(Reason.NETWORK, code="tls")
        if isinstance(self._lines, ProxyManager):
            return DeliveryError(Reason.PROXY, code="proxy")
        code = "dns" if isinstance(error, NameResolutionError) else "connect"
        return DeliveryError(Reason.NETWORK, code=code)


def numbers(error: TwilioException) -> tuple[int, int]:
    """Return Twilio's error number and the HTTP status, 0 for a missing one."""
    match error.args:
        case (_, Response() as answer):
            # This is how the SDK's list calls raise it.
            error = Version.exception("GET", "", answer, "")
    if not isinstance(error, (TwilioRestException, TwilioServiceException)):
        return 0, 0
    code, status = error.code, error.status
    return (
        code if isinstance(code, int) and code in CODES else 0,
        status if isinstance(status, int) else 0,
    )


def refusal(error: TwilioException) -> DeliveryError:
    """Map Twilio's error to a DeliveryError. Its text is not kept."""
    code, status = numbers(error)
    meaning = fault(code, status)
    # Only a 4xx status says for certain that nothing was accepted.
    certain = 400 <= status < 500  # noqa: PLR2004
    return DeliveryError(
        meaning.reason,
        sent=Sent.NO if certain else Sent.MAYBE,
        permanent=meaning.permanent and certain,
        code=str(code) if code else "",
    )


@sensitive_variables()
def guarded(
    wire: Wire,
    account: SmsAccount,
    work: Callable[[Client], Result],
    *,
    key: tuple[str, str] | None = None,
) -> Result | DeliveryError:
    """Run `work` with the SDK. Return its result, or the fault without its traceback.

    With a `key`, the API key logs in instead of the account's token.

    The SDK's frames hold number, text and token, and error reports show frames. Therefore no
    exception from them is raised again.
    """
    user, password = key or (account.account_id, account.auth_token)
    try:
        return work(Client(user, password, account.account_id, http_client=wire))
    except DeliveryError as error:
        return error.with_traceback(None)
    except Exception as error:  # noqa: BLE001 - an unexpected answer can make the SDK fail anywhere
        if wire.answered and isinstance(error, TwilioException):
            return refusal(error)
        if wire.answered and _raised_in_sdk(error):
            logger.warning("the SDK could not read an answer: %s", type(error).__qualname__)
            return DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="garbled")
        sent = Sent.MAYBE if wire.left else Sent.NO
        return broken(error, "asking Twilio", sent=sent)


def _raised_in_sdk(error: Exception) -> bool:
    """Whether the SDK, or code that it called, raised the error, and not our code."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    packages = [name.partition(".")[0] for name in modules]
    return [name for name in packages if name in {"mfa", "twilio"}][-1:] == ["twilio"]
