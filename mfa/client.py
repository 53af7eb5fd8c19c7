"""The client of a request (address and browser) and the request's time, each read once."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

# Long enough to tell browsers apart, short enough for a table
BROWSER_LENGTH = 200
# What User-Agents contain, the specific names first: Chrome also says Safari.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
# The attributes where a request stores them
CLIENT, MOMENT = "mfa_client", "mfa_moment"
# Some proxies write 192.0.2.1:5555 or [2001:db8::1]:5555.
WITH_PORT = re.compile(r"(?:\[(.+)\]|([\d.]+))(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Client:
    """The address as text, or "", and the User-Agent, cut to 200 characters.

    `known` names the count of a recognized device, "" for other devices.
    """

    address: str
    browser: str
    known: str = ""

    @property
    def device(self) -> str:
        """The browser and system in words, such as "Chrome on Android"."""
        return device_of(self.browser)

    @property
    def network(self) -> str:
        """The address for limits. An IPv6 customer has a whole /64."""
        if ":" not in self.address:
            return self.address
        return str(ip_network((self.address, 64), strict=False))

    @property
    def neighborhood(self) -> str:
        """The network around the address: a /24, or a /64 for IPv6; "" without an address."""
        if not self.address:
            return ""
        bits = 64 if ":" in self.address else 24
        return str(ip_network((self.address, bits), strict=False))

    def failures_of(self, subject: str) -> str:
        """Return whose failures count: this device's, or those of all unrecognized ones (LG-02)."""
        return f"known-{self.known}:{subject}" if self.known else subject


def device_of(user_agent: str) -> str:
    """Name browser and system in our own words, never the client's; "" without a browser."""
    if not user_agent:
        return ""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return gettext("%(browser)s on %(system)s") % {
        "browser": browser or gettext("Unknown browser"),
        "system": system or gettext("unknown system"),
    }


def client_of(request: HttpRequest) -> Client:
    """Return the client. X-Forwarded-For counts only as far as trusted proxies wrote it (LG-08)."""
    held = vars(request)
    if CLIENT not in held:
        held[CLIENT] = _read(request)
    client: Client = held[CLIENT]
    return client


def moment_of(request: HttpRequest) -> datetime:
    """Return the time of a request, which all its decisions use."""
    moment: datetime = vars(request).setdefault(MOMENT, timezone.now())
    return moment


def _read(request: HttpRequest) -> Client:
    browser = request.headers.get("User-Agent", "")[:BROWSER_LENGTH]
    return Client(_address(request), browser)


def is_trusted(address: str) -> bool:
    """Whether an address is a proxy that the operator trusts."""
    return _trusted(address)


def by_trusted_proxy(request: HttpRequest) -> bool:
    """Whether the connection comes from a proxy that the operator trusts."""
    return _trusted(_plain(request.META.get("REMOTE_ADDR", "")))


def _address(request: HttpRequest) -> str:
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    address = _plain(request.META.get("REMOTE_ADDR", ""))
    # A proxy on a Unix socket has no address, and only local processes can connect there.
    while _trusted(address) and hops and (hop := _plain(hops.pop())):
        address = hop
    return address


def _plain(text: str) -> str:
    """Return an address in its normal form, or "" for anything else.

    The zone is dropped, since no column and no limit accepts it. An IPv4 client of an IPv6 socket
    becomes IPv4, or all of them would share one /64.
    """
    try:
        address = ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _without_port(text: str) -> str:
    found = WITH_PORT.fullmatch(text)
    return found[1] or found[2] if found else text


def _trusted(address: str) -> bool:
    if not address:
        return bool(settings.TRUSTED_PROXIES)
    return any(ip_address(address) in _network(proxy) for proxy in settings.TRUSTED_PROXIES)


@cache
def _network(proxy: str) -> IPv4Network | IPv6Network:
    """Parse a setting once, because each request uses it several times."""
    return ip_network(proxy, strict=False)
