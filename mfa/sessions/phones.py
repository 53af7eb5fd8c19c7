"""The cookie of a phone that approves logins: it shows the phone its requests, and approves none.

Only the phone's key approves (PU-03). A browser can be the phone of several people.
"""

import hashlib
import re
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Browsers keep cookies for at most 400 days. Each visit renews it.
LIFE = timedelta(days=400)
MOST = 5
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def cookie_name() -> str:
    """Return the cookie's name, in the same style as the other cookies."""
    return "__Host-phone" if settings.HTTPS else "phone"


def tokens_of(request: HttpRequest) -> list[str]:
    """Return the tokens of the phones that this browser is."""
    parts = request.COOKIES.get(cookie_name(), "").split("|")[:MOST]
    return [part for part in parts if TOKEN.fullmatch(part)]


def hashes_of(request: HttpRequest) -> tuple[str, ...]:
    """Return them as the database stores them."""
    return tuple(map(_hashed, tokens_of(request)))


def remember(
    request: HttpRequest, response: HttpResponse, known: Collection[str], *, new: str = ""
) -> None:
    """Keep the tokens of this browser, a new one first and those with unknown hashes last."""
    held = sorted(tokens_of(request), key=lambda token: _hashed(token) not in known)
    if tokens := [*filter(None, [new]), *held][:MOST]:
        response.set_cookie(
            cookie_name(),
            "|".join(tokens),
            max_age=LIFE,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
