"""Sender and recipient addresses: whether they are valid, and their normal form."""

import re

from django.core.validators import EmailValidator

from portal import addresses

# A name before <address>: quoted, or without the special characters of RFC 5322, 3.2.3
NAMED = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^"()<>\[\]:;@\\,]*?))\s*<([^<>\s]+)>')
NO_MAIL = "is not a valid address. Write name@example.com, or put the name in double quotes"


def normal(sender: str) -> str:
    """Return a sender without a name with its host in ASCII, any other unchanged."""
    if not is_bare(sender):
        return sender
    local, _at, domain = sender.rpartition("@")
    return f"{local}@{addresses.host(domain)}"


def is_bare(address: str) -> bool:
    """Whether it is a valid address without a name. A company's host can lack a dot."""
    local, at, domain = address.rpartition("@")
    try:
        addresses.host(domain)
    except ValueError:
        return False
    return bool(at and EmailValidator.user_regex.fullmatch(local))


def is_usable(sender: str) -> bool:
    """Whether it is a valid address, with or without a name."""
    if is_bare(sender):
        return True
    found = NAMED.fullmatch(sender)
    return bool(found and is_bare(found[3]) and sender.isprintable())
