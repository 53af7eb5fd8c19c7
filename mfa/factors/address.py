"""The address where keys that browsers hold work, and the site that they belong to."""

from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings


def origin() -> str:
    """Return the address where passkeys work.

    Browsers refuse them at IP addresses. On this machine the name localhost works.
    """
    return _named(settings.BASE_URL)


@cache
def _named(address: str) -> str:
    url = urlsplit(address)
    try:
        local = ip_address(url.hostname or "").is_loopback
    except ValueError:
        local = False
    if not local:
        return address
    return f"{url.scheme}://localhost" + (f":{url.port}" if url.port else "")


def site() -> str:
    """Return the host name that passkeys belong to, their RP ID."""
    return urlsplit(origin()).hostname or ""
