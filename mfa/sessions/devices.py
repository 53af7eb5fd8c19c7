"""Recognized devices: a cookie that says "this person logged in here" and grants nothing (SS-09).

It holds no data. Each part is a signature over the person's id and device epoch. Raising the epoch
forgets all of the person's devices: after "This was not me", after a new password, and after ending
all sessions. A change of email does not.

A device that asked for the setup of a new phone has a random part too. It tells this device from
others in the same network, also after the devices were forgotten.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from mfa.client import Client, client_of

LIFE = timedelta(days=365)
# A family's or a reception's computer. The person with the oldest login is dropped first.
MOST_PEOPLE = 5
# A person's devices share these counts of wrong passwords, so collecting hundreds of cookies gives
# an attacker no extra guesses.
COUNTS = "0123456789abcdef"
# The attribute where a request caches the clients read from its cookie
RECOGNIZED = "mfa_recognized"
PART = re.compile(r"[0-9a-f]:[\w-]{1,12}:[\w-]{20,64}")
# The start of a random part, which is no signature of a time
MARK = "0:0:"
MARK_BYTES = 32


class Person(Protocol):
    """A person that a device can recognize."""

    pk: int
    device_epoch: int


def cookie_name() -> str:
    """Return the cookie's name, in the same style as the other cookies."""
    return "__Host-browser" if settings.HTTPS else "browser"


def recognize(request: HttpRequest, person: Person | None) -> Client:
    """Return the client of a request, and whether this person logged in on this device before.

    A request reads its cookie once per person, and again if the devices were forgotten.
    """
    if person is None:
        return client_of(request)
    read: dict[tuple[int, int], Client] = vars(request).setdefault(RECOGNIZED, {})
    key = (person.pk, person.device_epoch)
    if key not in read:
        read[key] = replace(client_of(request), known=count_of(request, person))
    return read[key]


def count_of(request: HttpRequest, person: Person | None) -> str:
    """Return the count for this person's wrong passwords here, or "" on an unrecognized device."""
    if person is None:
        return ""
    opened = (_open(part, person) for part in _parts(request))
    return next((count for count in opened if count), "")


def remember(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    """Recognize this device for this person, and still for the others."""
    others = [part for part in _parts(request) if not _open(part, person)]
    # Drawn again at each login, so a stolen copy soon counts separately from the owner's.
    own = _signer(person).sign(secrets.choice(COUNTS))
    _keep(response, [own, *others])


def mark(request: HttpRequest, response: HttpResponse, person: Person) -> list[str]:
    """Make this device tell itself from others. Return its marks, first the one that does.

    On a recognized device that is the person's part: without it, the device is not recognized.
    """
    parts = list(_parts(request))
    telling = [part for part in parts if _open(part, person)]
    telling += [part for part in parts if part.startswith(MARK)]
    own = telling[0] if telling else MARK + secrets.token_urlsafe(MARK_BYTES)
    kept = [own, *(part for part in parts if part != own)]
    _keep(response, kept)
    return list(map(_hash_of, kept))


def marks_of(request: HttpRequest) -> list[str]:
    """Return the marks of this device: the hashes of its cookie's parts, also of forgotten ones."""
    return list(map(_hash_of, _parts(request)))


def _hash_of(part: str) -> str:
    return hashlib.sha256(part.encode()).hexdigest()


def _keep(response: HttpResponse, parts: list[str]) -> None:
    response.set_cookie(
        cookie_name(),
        "|".join(parts[:MOST_PEOPLE]),
        max_age=LIFE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _parts(request: HttpRequest) -> Iterator[str]:
    parts = request.COOKIES.get(cookie_name(), "").split("|")[:MOST_PEOPLE]
    return (part for part in parts if PART.fullmatch(part))


def _open(part: str, person: Person) -> str:
    try:
        return _signer(person).unsign(part, max_age=LIFE)
    except BadSignature:
        return ""


def _signer(person: Person) -> TimestampSigner:
    return TimestampSigner(salt=f"mfa.browsers:{person.pk}:{person.device_epoch}")
