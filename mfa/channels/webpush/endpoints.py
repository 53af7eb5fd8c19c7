"""The addresses that the portal posts to: known push services, at public addresses (push5)."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from string import ascii_lowercase, digits
from urllib.parse import urlsplit

from django.conf import settings

# The services of Chrome and Edge on Android, Firefox, Safari, and Edge on Windows
HOSTS = ("fcm.googleapis.com", "updates.push.services.mozilla.com")
DOMAINS = (".push.apple.com", ".notify.windows.com")
PORT = 443
# The demo's own service: the virtual phone shows the message, and nothing leaves the machine.
VIRTUAL = "https://phone.invalid/demo"
# Theirs have up to 700 characters.
LONGEST = 1000
# What a part of a host's name has
LABEL, LETTERS = 63, frozenset(ascii_lowercase + digits + "-")
# IPv6 addresses that stand for an IPv4 address (RFC 6052)
TRANSLATED = IPv6Network("64:ff9b::/96")


class RefusedError(ValueError):
    """An address that the portal does not post to. The text does not name it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A subscription's address. `is_test`: settings.PUSH_TEST_ENDPOINTS lists its origin."""

    scheme: str
    host: str
    port: int
    path: str
    is_test: bool = False

    @property
    def origin(self) -> str:
        """The audience of the sender's proof."""
        standard = (self.scheme, self.port) in {("https", 443), ("http", 80)}
        return f"{self.scheme}://{self.host}" + ("" if standard else f":{self.port}")


def read_endpoint(text: str) -> Endpoint:
    """Read a subscription's address. Raises RefusedError for all but known push services."""
    if text == VIRTUAL and settings.DEMO:
        return Endpoint("https", "phone.invalid", PORT, "/demo", is_test=True)
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        raise RefusedError("the address has other characters than addresses have")
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise RefusedError("the address cannot be read") from None
    host = url.hostname or ""
    if "@" in url.netloc or "\\" in text or url.fragment:
        raise RefusedError("the address has parts that push services do not use")
    path = url.path + (f"?{url.query}" if url.query else "")
    default = PORT if url.scheme == "https" else 80
    read = Endpoint(url.scheme, host, port or default, path)
    if is_test_on() and read.origin in settings.PUSH_TEST_ENDPOINTS:
        return Endpoint(read.scheme, host, read.port, path, is_test=True)
    if url.scheme != "https" or read.port != PORT:
        raise RefusedError("push services use https and its port")
    if not (host in HOSTS or (host.endswith(DOMAINS) and _is_name(host))):
        raise RefusedError("no known push service has this host")
    if not path.startswith("/"):
        raise RefusedError("the address has no path")
    return read


def _is_name(host: str) -> bool:
    """Whether a host is a name as the DNS has them, in lowercase (RFC 1123, 2.1)."""
    return all(1 <= len(part) <= LABEL and LETTERS.issuperset(part) for part in host.split("."))


def is_test_on() -> bool:
    """Whether this installation may push to addresses of its own."""
    return bool(settings.DEMO or settings.DEBUG)


def addresses_of(endpoint: Endpoint) -> list[str]:
    """Resolve the host once. The sender connects to these addresses and asks no more.

    Raises OSError without an answer, and RefusedError if any address is not public: a name that
    points to both would get past a second look.
    """
    answers = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(address[0]) for *_others, address in answers))
    if not endpoint.is_test and not all(map(_is_public, found)):
        raise RefusedError("the host has an address that is not public")
    return found


def _is_public(text: str) -> bool:
    try:
        address = _inner(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, if any."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
