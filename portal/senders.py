"""Senders and recipients: which addresses a mail can carry, and the sender's name."""

import re
from email.utils import formataddr

from django.core.validators import EmailValidator

from portal import addresses

# A name before <address>: quoted, or without the characters that RFC 5322, 3.2.3, keeps for itself
NAMED = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^"()<>\[\]:;@\\,]*?))\s*<([^<>\s]+)>')
NO_MAIL = "no mail can have it as an address: write name@example.com, or a name in double quotes"


def named(sender: str, name: str) -> str:
    """Return the sender with a name, by which mail programs show it, unless it has one."""
    if not is_bare(sender):
        return sender
    local, _at, domain = sender.rpartition("@")
    return formataddr((name, f"{local}@{addresses.host(domain)}"))


def is_bare(address: str) -> bool:
    """Say whether it is an address alone that a mail can carry; a company's host may lack a dot."""
    local, at, domain = address.rpartition("@")
    try:
        addresses.host(domain)
    except ValueError:
        return False
    return bool(at and EmailValidator.user_regex.fullmatch(local))


def is_usable(sender: str) -> bool:
    """Say whether a mail can carry it: an address, or a name and an address."""
    if is_bare(sender):
        return True
    found = NAMED.fullmatch(sender)
    return bool(found and is_bare(found[3]) and sender.isprintable())
