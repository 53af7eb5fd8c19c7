"""Sending one push message, with a time-out, without redirects and without a proxy (push11)."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from mfa.channels import faults
from mfa.channels.webpush.encryption import encrypt
from mfa.channels.webpush.endpoints import VIRTUAL, Endpoint, RefusedError, read_endpoint
from mfa.channels.webpush.keys import authorization

logger = logging.getLogger("mfa.webpush")

GONE = {404, 410}
FORBIDDEN = 403


class Pushed(StrEnum):
    """The result of a message. GONE: the person has to subscribe again."""

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
    # urllib3 is loaded only where something is sent.
    from mfa.channels.webpush.post import post

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
        return _judged(post(endpoint, body, headers), endpoint)
    except RefusedError as refused:
        logger.warning("a push was not sent: %s", refused)
    except OSError as error:
        logger.warning("a push was not sent: %s", error)
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
