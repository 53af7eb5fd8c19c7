"""The people of an organization, as pages of 25 by index, however many there are."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.models import Membership, Organization, User
from accounts.organizations.managers import Manager
from mfa.models import Factor
from mfa.rules.methods import Method
from mfa.search import people as search

PER_PAGE = 25
# So many of those without a number are listed on top. The rest follows as these get theirs.
MOST_WITHOUT = 5


@dataclass(frozen=True, slots=True)
class Page:
    """Memberships with their people, newest first, and the id that the next page starts below."""

    members: list[Membership]
    before: int | None = None


def page_of(actor: User, organization: Organization, *, before: int | None = None) -> Page:
    """Return a page of the members, from the newest or below an id."""
    rows = _rows(actor, organization)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    return Page(found[:PER_PAGE], found[PER_PAGE - 1].pk if more else None)


def found_by(
    request: HttpRequest, actor: User, organization: Organization, term: str
) -> list[Membership]:
    """Return the members that a search finds: part of a name or email, or a number.

    Raises TooMany for too many searches by number.
    """
    people = User.objects.filter(search.of_people(request, term))
    return list(_rows(actor, organization).filter(user__in=people)[:PER_PAGE])


def has(actor: User, organization: Organization, email: str) -> bool:
    """Whether an address belongs to a member."""
    return Manager(actor).members(organization).filter(user__email=email).exists()


def without_number(actor: User, organization: Organization) -> list[Membership]:
    """Return the first members without a phone number, who need one for codes by text (E01)."""
    return list(_rows(actor, organization).filter(~Exists(_phones()))[:MOST_WITHOUT])


def _rows(actor: User, organization: Organization) -> QuerySet[Membership]:
    rows = Manager(actor).members(organization).select_related("user")
    usable = Factor.objects.usable().filter(user=OuterRef("user"))
    held = Membership.objects.in_force().filter(user=OuterRef("user"))
    beyond = held.exclude(Manager(actor).within_reach())
    return rows.annotate(
        has_number=Exists(_phones()), has_factor=Exists(usable), is_shared=Exists(beyond)
    ).order_by("-pk")


def _phones() -> QuerySet[Factor]:
    return Factor.objects.not_revoked().filter(user=OuterRef("user"), kind=Method.PHONE)
