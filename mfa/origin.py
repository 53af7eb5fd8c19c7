"""Where a request came from: the client's address and browser."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# Long enough to tell browsers apart, short enough for a table
BROWSER_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """The address as text ("" where there is none) and the User-Agent, cut to 200 characters."""

    address: str
    browser: str

    @property
    def network(self) -> str:
        """The address for limits: an IPv6 customer holds a whole /64."""
        if ":" not in self.address:
            return self.address
        return str(ip_network((self.address, 64), strict=False))


def of(request: HttpRequest) -> Origin:
    """Read the origin; X-Forwarded-For counts only as far as trusted proxies wrote it (LG-08)."""
    browser = request.headers.get("User-Agent", "")[:BROWSER_LENGTH]
    return Origin(address=_address(request), browser=browser)


def _address(request: HttpRequest) -> str:
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    address = _plain(request.META.get("REMOTE_ADDR", ""))
    while address and _trusted(address) and hops and (hop := _plain(hops.pop())):
        address = hop
    return address


def _plain(text: str) -> str:
    """Return the one spelling of an address, "" for anything else.

    Without its zone, which no column and no limit takes; an IPv4 client of an IPv6 socket is
    IPv4, or all of them would share one /64.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _trusted(address: str) -> bool:
    return any(
        ip_address(address) in ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES
    )
