"""Known browsers: a cookie that says "this person has logged in here", and grants nothing (SS-09).

It holds no data: each part is a signature that only the person's own email verifies.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

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


def cookie_name() -> str:
    """Name the cookie as its neighbours are named."""
    return "__Host-browser" if settings.HTTPS else "browser"


def count_of(request: HttpRequest, email: str) -> str:
    """Name the count that this browser's wrong passwords for an email go to, "" for a stranger."""
    opened = (_open(part, email) for part in _parts(request))
    return next((count for count in opened if count), "")


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let the browser be known as this person's, and still as that of the others."""
    others = [part for part in _parts(request) if not _open(part, email)]
    # Drawn anew at each login, so that a stolen copy soon counts apart from the owner's own.
    own = _signer(email).sign(secrets.choice(COUNTS))
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


def _open(part: str, email: str) -> str:
    try:
        return _signer(email).unsign(part, max_age=LIFE)
    except BadSignature:
        return ""


def _signer(email: str) -> TimestampSigner:
    return TimestampSigner(salt=f"mfa.browsers:{email}")
