"""Known browsers: a cookie that says "this person has logged in here", and grants nothing (SS-09).

It holds no data: each part is a signature that only the person's id and epoch of devices verify.
A higher epoch forgets every browser of the person: after "This was not me", a new password, a login
that was ended everywhere. Another email forgets none.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

LIFE = timedelta(days=365)
# A family's or a reception's computer; who logged in longest ago is forgotten first.
MOST_PEOPLE = 5
# The counts of wrong passwords that a person's browsers share: whoever gathers cookies by the
# hundred still buys no more guesses than these allow.
COUNTS = "0123456789abcdef"
PART = re.compile(r"[0-9a-f]:[\w-]{1,12}:[\w-]{20,64}")


class Person(Protocol):
    """Who may be known to a browser."""

    pk: int
    device_epoch: int


def cookie_name() -> str:
    """Name the cookie as its neighbours are named."""
    return "__Host-browser" if settings.HTTPS else "browser"


def count_of(request: HttpRequest, person: Person | None) -> str:
    """Name the count that a person's wrong passwords here go to, "" for a stranger's browser."""
    if person is None:
        return ""
    opened = (_open(part, person) for part in _parts(request))
    return next((count for count in opened if count), "")


def remember(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    """Let the browser be known as this person's, and still as that of the others."""
    others = [part for part in _parts(request) if not _open(part, person)]
    # Drawn anew at each login, so that a stolen copy soon counts apart from the owner's own.
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
