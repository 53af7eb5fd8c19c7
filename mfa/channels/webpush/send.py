"""Sending one push message, with a time-out, without redirects and without a proxy (push11)."""

import logging
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from mfa.channels import faults
from mfa.channels.trust import authorities, context
from mfa.channels.webpush.encryption import encrypt
from mfa.channels.webpush.endpoints import (
    VIRTUAL,
    Endpoint,
    RefusedError,
    addresses_of,
    read_endpoint,
)
from mfa.channels.webpush.keys import authorization

logger = logging.getLogger("mfa.webpush")

# A person waits: an answer that takes longer is of no use.
PATIENCE = Timeout(connect=3, read=5, total=8)
# The addresses of a host to try, until one takes the connection
MOST_ADDRESSES = 3
GONE = {404, 410}
FORBIDDEN = 403


class Pushed(StrEnum):
    """What became of a message. GONE: the person has to subscribe again."""

    SENT = "sent"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where and how one browser gets messages. Keep them secret: they are enough to send to it."""

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)


@sensitive_variables()
def push(subscription: Subscription, text: bytes, *, life: timedelta, topic: str) -> Pushed:
    """Send one message once. `topic`: a newer message replaces one that waits (RFC 8030, 5.4).

    It never raises: one phone's fault must not stop the message to the next one.
    """
    try:
        endpoint = read_endpoint(subscription.endpoint)
        if subscription.endpoint == VIRTUAL:
            return Pushed.SENT
        body = encrypt(text, receiver=subscription.p256dh, auth=subscription.auth)
        headers = {
            "Authorization": authorization(endpoint.origin, timezone.now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(life.total_seconds())),
            "Topic": topic,
            "Urgency": "high",
        }
        return _judged(_post(endpoint, body, headers), endpoint)
    except RefusedError as refused:
        logger.warning("a push was not sent: %s", refused)
    except (HTTPError, OSError) as error:
        logger.warning("a push was not sent: %s", type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a stored key may be anything
        faults.log(error, "sending a push")
    return Pushed.FAILED


def _judged(status: int, endpoint: Endpoint) -> Pushed:
    if 200 <= status < 300:  # noqa: PLR2004
        return Pushed.SENT
    if status in GONE:
        return Pushed.GONE
    if status == FORBIDDEN:
        logger.error(
            "%s refused a push. It may not accept VAPID_CONTACT, which is %s.",
            endpoint.origin,
            settings.VAPID_CONTACT,
        )
        return Pushed.FAILED
    logger.warning("%s answered %s to a push", endpoint.origin, status)
    return Pushed.FAILED


def _post(endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> int:
    """Post to the first address that takes the connection. Return the status.

    A message that may have arrived is not sent to another address. Raises HTTPError and OSError.
    """
    fault: Exception = OSError("the host has no address")
    for address in addresses_of(endpoint)[:MOST_ADDRESSES]:
        try:
            return _post_to(address, endpoint, body, headers)
        except (NewConnectionError, ConnectTimeoutError) as error:
            fault = error
    raise fault


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
        return HTTPConnectionPool(address, endpoint.port)
    return HTTPSConnectionPool(
        address,
        endpoint.port,
        ssl_context=_trust(),
        server_hostname=endpoint.host,
        assert_hostname=endpoint.host,
    )


@cache
def _trust() -> ssl.SSLContext:
    return context(authorities())
