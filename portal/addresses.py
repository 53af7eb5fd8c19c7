"""Normal forms of hosts and URLs in settings.

A ValueError says what the value must be, and never repeats it.
"""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, parse_qsl, urlsplit

from django.utils.encoding import punycode

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
LONGEST_HOST = 253
PORTS = {"http": 80, "https": 443}
# Python's IDNA 2003 encodes these differently from browsers.
DEVIATING = re.compile("[\xdf\u03c2\u200c\u200d]")
PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
BAD_URL = (
    "must be a URL; in a user or password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F,"
    " % as %25"
)
BAD_HOST = "must name a host as browsers send it: letters, digits, dots and hyphens"


def host(text: str) -> str:
    """Return a host as in the Host header: lowercase, A-labels, IPv6 in brackets."""
    bare = text.lower()
    if ":" in bare:
        return _bracketed(bare)
    if not bare.isascii():
        bare = _a_labels(bare)
    labels = bare.split(".")
    if len(bare) > LONGEST_HOST or not all(map(LABEL.fullmatch, labels)):
        raise ValueError(BAD_HOST)
    if labels[-1].isdigit():
        # Browsers read 127.1 as 127.0.0.1.
        return _ipv4(bare)
    return bare


def is_loopback(name: str) -> bool:
    """Whether a host, in the form that `host` returns, is this machine."""
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _bracketed(text: str) -> str:
    try:
        return f"[{IPv6Address(text.removeprefix('[').removesuffix(']'))}]"
    except ValueError:
        raise ValueError(BAD_HOST) from None


def _a_labels(text: str) -> str:
    try:
        spelled = punycode(text)
    except ValueError:
        spelled = ""
    if not spelled or DEVIATING.search(text):
        raise ValueError(f"{BAD_HOST}; write other letters as xn--…, as the browser does")
    return spelled


def _ipv4(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(BAD_HOST) from None


def split(text: str, schemes: str) -> SplitResult:
    """Split a URL with one of the schemes. User and password may be percent-encoded."""
    try:
        url = urlsplit(text)
        # Reading the port validates it. A list of hosts, which PostgreSQL accepts, has none.
        _ = url.port if "," not in url.netloc else None
        parse_qsl(url.query, strict_parsing=bool(url.query))
    except ValueError:
        raise ValueError(BAD_URL) from None
    if url.scheme not in schemes.split():
        raise ValueError(f"must begin with {' or '.join(f'{name}://' for name in schemes.split())}")
    if url.fragment or "#" in text or re.search(r"\s", text) or PERCENT.search(text):
        raise ValueError(BAD_URL)
    return url


def origin(text: str) -> str:
    """Return scheme, host and port as browsers send them, without a default port."""
    url = split(text, "https http")
    if "@" in url.netloc or url.path.strip("/") or url.query or "?" in text:
        raise ValueError("must have only scheme, host and port, such as https://portal.example.com")
    name = host(url.hostname or "")
    if url.netloc.endswith(":") or url.port == 0:
        raise ValueError(BAD_URL)
    port = "" if url.port in {None, PORTS[url.scheme]} else f":{url.port}"
    return f"{url.scheme}://{name}{port}"


def host_of(url: str) -> str:
    """Return the host of a URL from `origin`."""
    return host(urlsplit(url).hostname or "")


def allowed(text: str) -> str:
    """Return an entry of ALLOWED_HOSTS. Patterns pass; a check refuses them in production."""
    return text if text == "*" else "." * text.startswith(".") + host(text.removeprefix("."))


def proxy(text: str) -> str:
    """Return the URL of an HTTP proxy unchanged."""
    url = split(text, "http https")
    host(url.hostname or "")
    if url.path.strip("/") or url.query:
        raise ValueError(
            "must be scheme, host and port alone, such as http://proxy.example.com:3128"
        )
    return text
