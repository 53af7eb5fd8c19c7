"""Recognized devices: a cookie that says "this person logged in here" and grants nothing (SS-09).

It holds no data. Each part is a signature over the person's id and device epoch. Raising the epoch
forgets all of the person's devices: after "This was not me", after a new password, and after ending
all sessions. A change of email does not.
"""

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
    response.set_cookie(
        cookie_name(),
        "|".join([own, *others][:MOST_PEOPLE]),
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
