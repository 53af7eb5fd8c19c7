"""One search for all lists: by email, name, phone number or reference code.

Each way is answered by an index, whatever the size of the tables.
"""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from mfa import audit
from mfa.rules.emails import normalize
from mfa.search import numbers

# Shorter words have no trigram, so the index does not help.
SHORTEST = 3
# The lists of records show the rows of at most so many people at once.
MOST_PEOPLE = 100


def of_people(request: HttpRequest, term: str) -> Q:
    """Return the condition for the people that a search finds."""
    case = audit.case_of(term)
    if case and case.user_id:
        return Q(pk=case.user_id)
    owners = numbers.owners(request, term)
    found = _by_words(term)
    return found if owners is None else found | Q(pk__in=owners)


def ids_of_people(request: HttpRequest, term: str) -> list[int]:
    """Return the ids of at most MOST_PEOPLE people, and tell the reader if more match."""
    people = get_user_model().objects.filter(of_people(request, term)).order_by()
    ids = list(people.values_list("pk", flat=True)[: MOST_PEOPLE + 1])
    if len(ids) > MOST_PEOPLE:
        messages.warning(
            request,
            ngettext(
                "More than %d person matches. Type more of the name or email.",
                "More than %d people match. Type more of the name or email.",
                MOST_PEOPLE,
            )
            % MOST_PEOPLE,
        )
    return ids[:MOST_PEOPLE]


def warn_if_short(request: HttpRequest, term: str) -> None:
    """Tell the reader if a search is too short to find anything."""
    if term.strip() and not _words(term):
        messages.warning(request, gettext("Type at least three characters."))


def _words(term: str) -> list[str]:
    words = (normalize(term) if "@" in term else term).split()
    return words if any(len(word) >= SHORTEST for word in words) else []


def _by_words(term: str) -> Q:
    """Match people whose email or names contain every word."""
    words = _words(term)
    if not words:
        return Q(pk__in=())
    condition = Q()
    for word in words:
        one = Q()
        for field in get_user_model().SEARCHED:
            one |= Q(**{f"{field}__icontains": word})
        condition &= one
    return condition
