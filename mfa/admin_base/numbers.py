"""Staff find people by a phone number: whole, or by exactly its last four digits.

A tail of any length would be answered digit by digit, and so read a hidden number.
"""

import re

from django.http import HttpRequest

from mfa import counters, limits
from mfa.guards import person
from mfa.models import AccountPolicy, Factor
from mfa.rules import contacts
from mfa.rules.contacts import Misread
from mfa.rules.digits import plain

NUMBER = re.compile(r"[+0-9\s()./-]+")
TAIL = 4


def owners(request: HttpRequest, term: str) -> list[int] | None:
    """Return the ids of the people who have such a number; None if the term is no number.

    Raises TooMany after 60 searches of one person within an hour.
    """
    typed = plain(term).strip()
    digits = re.sub(r"[^0-9]", "", typed)
    if not NUMBER.fullmatch(typed) or len(digits) < TAIL:
        return None
    _count(request)
    current = Factor.objects.filter(revoked_at=None).exclude(target="")
    if digits == typed and len(digits) == TAIL:
        return list(current.filter(last_four=digits).values_list("user_id", flat=True))
    number = contacts.read_sender(typed, home_region=AccountPolicy.load().home_region or None)
    if isinstance(number, Misread):
        return None
    return list(current.filter(target=number.e164).values_list("user_id", flat=True))


def _count(request: HttpRequest) -> None:
    """Count a search once, however often its list asks for the rows."""
    if "number_searched" not in vars(request):
        vars(request)["number_searched"] = True
        counters.take([limits.NUMBER_SEARCHES.of(str(person(request).pk))])
