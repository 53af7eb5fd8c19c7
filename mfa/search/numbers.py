"""Search of people by phone number: the whole number, or exactly its last four digits.

If endings of any length worked, a hidden number could be found digit by digit.
"""

import re

from django.http import HttpRequest

from mfa.limits import counters, table as limits
from mfa.login.guards import person
from mfa.models import Factor, SitePolicy
from mfa.rules import phone_numbers
from mfa.rules.digits import plain
from mfa.rules.phone_numbers import Misread

NUMBER = re.compile(r"[+0-9\s()./-]+")
TAIL = 4


def owners(request: HttpRequest, term: str) -> list[int] | None:
    """Return the ids of people with this number, or None if the term is not a number.

    Raises TooMany after 60 searches by one person within an hour.
    """
    typed = plain(term).strip()
    digits = re.sub(r"[^0-9]", "", typed)
    if not NUMBER.fullmatch(typed) or len(digits) < TAIL:
        return None
    _count(request)
    current = Factor.objects.not_revoked().exclude(target="")
    if digits == typed and len(digits) == TAIL:
        return list(current.filter(last_four=digits).values_list("user_id", flat=True))
    number = phone_numbers.read_sender(typed, home_region=SitePolicy.load().home_region or None)
    if isinstance(number, Misread):
        return None
    return list(current.filter(target=number.e164).values_list("user_id", flat=True))


def _count(request: HttpRequest) -> None:
    """Count a search once, however often its list queries the rows."""
    if "number_searched" not in vars(request):
        vars(request)["number_searched"] = True
        counters.take([limits.NUMBER_SEARCHES.of(str(person(request).pk))])
