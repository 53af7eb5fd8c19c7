"""The HTTP request of a push message. Importing it loads urllib3, so only `push` does."""

import ssl
from functools import cache
from time import monotonic

from urllib3 import HTTPConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from mfa.channels.lines import Call, DeadlineError, Lines, PlainLines, within
from mfa.channels.trust import authorities, context
from mfa.channels.webpush.endpoints import Endpoint, addresses_of

# A person waits: an answer that takes longer is of no use. The time-outs are for each step, so a
# trickle of bytes would never end.
PATIENCE, DEADLINE = Timeout(connect=3, read=5, total=8), 10.0
# The addresses of a host to try, until one takes the connection
MOST_ADDRESSES = 3


def post(endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> int:
    """Post to the first address that takes the connection. Return the status.

    A message that may have arrived is not sent to another address. Raises OSError, also at the
    deadline, and RefusedError.
    """

    def work() -> int | Exception:
        try:
            return _post(endpoint, body, headers)
        except Exception as error:  # noqa: BLE001 the waiting thread raises it
            return error

    try:
        found = within(monotonic() + DEADLINE, Call(), work)
    except DeadlineError:
        raise OSError("the answer takes too long") from None
    if isinstance(found, Exception):
        raise found
    return found


def _post(endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> int:
    fault = "the host has no address"
    try:
        for address in addresses_of(endpoint)[:MOST_ADDRESSES]:
            try:
                return _post_to(address, endpoint, body, headers)
            except (NewConnectionError, ConnectTimeoutError) as error:
                fault = type(error).__name__
    except HTTPError as error:
        fault = type(error).__name__
    raise OSError(fault)


def _post_to(address: str, endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> int:
    host = endpoint.origin.partition("://")[2]
    with _pool(address, endpoint) as pool:
        answer = pool.urlopen(
            "POST",
            endpoint.path or "/",
            body=body,
            headers={**headers, "Host": host},
            timeout=PATIENCE,
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
        )
        # Nobody reads the body: it would be a way to look into another network.
        answer.close()
        return answer.status


def _pool(address: str, endpoint: Endpoint) -> HTTPConnectionPool:
    """Return a pool for the address that was checked, with the certificate of the host."""
    if endpoint.scheme == "http":
        return PlainLines(address, endpoint.port)
    return Lines(
        address,
        endpoint.port,
        ssl_context=_trust(),
        server_hostname=endpoint.host,
        assert_hostname=endpoint.host,
    )


@cache
def _trust() -> ssl.SSLContext:
    return context(authorities())
