"""Web push: one encrypted message to one browser, by that browser's push service.

RFC 8030 (delivery), RFC 8291 (encryption), RFC 8292 (VAPID), by `cryptography` and `urllib3`.
pywebpush 2.5 follows redirects and cannot connect to an address that was checked. Its encryption,
http-ece, is published only as source: its build runs code that no hash of a lock file covers.
"""

from mfa.channels.webpush.endpoints import VIRTUAL, Endpoint, RefusedError, read_endpoint
from mfa.channels.webpush.keys import (
    CURVE,
    contact_fault,
    decoded,
    is_key,
    is_on,
    public_key,
)
from mfa.channels.webpush.send import Pushed, Subscription, push

__all__ = [
    "CURVE",
    "VIRTUAL",
    "Endpoint",
    "Pushed",
    "RefusedError",
    "Subscription",
    "contact_fault",
    "decoded",
    "is_key",
    "is_on",
    "public_key",
    "push",
    "read_endpoint",
]
