"""The phones of a person: which ones get requests, and how each gets them."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from mfa.channels import webpush
from mfa.channels.webpush import RefusedError, Subscription
from mfa.factors.push.keys import is_point, signed
from mfa.models import AbstractMfaUser, Factor, PushDevice
from mfa.models.factors import USABLE
from mfa.rules import push as rules

# A phone, its successor, a tablet and a work phone. More are likely forgotten.
MOST_PHONES = 5
AUTH_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """What a phone's script sends: texts in base64url, but for the endpoint."""

    endpoint: str
    p256dh: str
    auth: str
    server_key: str


def are_enough(user: AbstractMfaUser) -> bool:
    """Whether the person has the maximum number of phones."""
    held = Factor.objects.usable().filter(user_id=user.pk, kind=Factor.Kind.PUSH)
    return held.count() >= MOST_PHONES


def usable_of(person: int) -> QuerySet[PushDevice]:
    """Return the phones that can answer the person's logins."""
    return PushDevice.objects.filter(user_id=person, factor__status__in=USABLE)


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a code or token, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def known_by(tokens: Iterable[str]) -> list[PushDevice]:
    """Return the phones that a browser's cookie names: usable ones, and those being added."""
    hashes = [hash_of(token) for token in tokens]
    if not hashes:
        return []
    found = PushDevice.objects.filter(token_hash__in=hashes).select_related("user", "factor")
    return list(found.filter(Q(factor=None) | Q(factor__status__in=USABLE)).order_by("-pk"))


def read(sent: Subscribed) -> str:
    """Return a subscription as it is stored. Raises ValueError if the portal cannot use it."""
    webpush.read_endpoint(sent.endpoint)
    receiver, auth = webpush.decoded(sent.p256dh), webpush.decoded(sent.auth)
    if not is_point(receiver) or len(auth) != AUTH_BYTES:
        raise RefusedError("the keys of the subscription are not valid")
    if sent.server_key != webpush.public_key():
        raise RefusedError("the subscription is for another key of the portal")
    return json.dumps({"endpoint": sent.endpoint, "p256dh": sent.p256dh, "auth": sent.auth})


def subscription_of(device: PushDevice) -> Subscription | None:
    """Return where the phone gets messages, or None if it gets none from this portal's key."""
    if not device.subscription or device.server_key != webpush.public_key():
        return None
    kept = json.loads(device.subscription)
    return Subscription(
        kept["endpoint"], webpush.decoded(kept["p256dh"]), webpush.decoded(kept["auth"])
    )


def endpoint_of(device: PushDevice) -> str:
    """Return the endpoint that the portal uses for the phone, or ""."""
    subscription = subscription_of(device)
    return subscription.endpoint if subscription else ""


def renew(device: PushDevice, sent: Subscribed, signature: bytes) -> bool:
    """Store another subscription of a phone, or that it has none (push1). Return whether it did."""
    text = rules.renewal_text(str(device.pk), sent.endpoint)
    if not signed(bytes(device.public_key), text, signature):
        return False
    try:
        kept = read(sent) if sent.endpoint else ""
    except ValueError:
        return False
    now = timezone.now()
    PushDevice.objects.filter(pk=device.pk).update(
        subscription=kept, server_key=sent.server_key if kept else "", subscribed_at=now
    )
    Factor.objects.filter(push_device=device).update(doubtful_since=None if kept else now)
    return True


def lose(device: PushDevice) -> None:
    """Note that the phone gets no messages until its next visit, unless it subscribed again."""
    now = timezone.now()
    same = PushDevice.objects.filter(pk=device.pk, subscribed_at=device.subscribed_at)
    if same.update(subscription=""):
        Factor.objects.filter(push_device=device).update(doubtful_since=now)


def to_visit() -> int:
    """Return how many phones get no messages until their next visit (push4)."""
    current = webpush.public_key() if webpush.is_on() else ""
    held = PushDevice.objects.filter(factor__status__in=USABLE)
    return held.filter(Q(subscription="") | ~Q(server_key=current)).count()


def forget_subscriptions() -> int:
    """Ask every phone last until its next visit. Return how many phones there are (push4)."""
    held = Factor.objects.usable().filter(kind=Factor.Kind.PUSH)
    held.filter(doubtful_since=None).update(doubtful_since=timezone.now())
    return held.count()


def in_use(devices: Collection[PushDevice]) -> list[PushDevice]:
    """Return those that are added."""
    return [device for device in devices if device.factor_id]
