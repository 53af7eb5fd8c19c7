"""The people of an organization, as pages of 25 by index, however many there are."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.models import Membership, Organization, User
from accounts.organizations import rules
from accounts.organizations.managers import Manager
from mfa.models import Factor, Status
from mfa.rules.methods import Method
from mfa.search import people as search

PER_PAGE = 25
# So many of those without a number are listed on top. The rest follows as these get theirs.
MOST_WITHOUT = 5
# No index finds people without a number, so only the newest members are looked at.
MOST_LOOKED_AT = 2_000
# If more people match a search, the organization's members are walked instead.
MOST_MATCHES = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """Memberships with their people, newest first, and the id that the next page starts below."""

    members: list[Membership]
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """Some members without a number. `newest`: how many were looked at, 0 for all."""

    members: list[Membership]
    newest: int = 0

    def __bool__(self) -> bool:
        """Whether the page has something to say."""
        return bool(self.members) or self.newest > 0


def page_of(actor: User, organization: Organization, *, before: int | None = None) -> Page:
    """Return a page of the members, from the newest or below an id."""
    rows = Manager(actor).members(organization)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    numbers = _numbers(rows.order_by("-pk")[: PER_PAGE + 1])
    more = len(numbers) > PER_PAGE
    numbers = numbers[:PER_PAGE]
    return Page(_shown(actor, organization, numbers), numbers[-1] if more else None)


def found_by(
    request: HttpRequest, actor: User, organization: Organization, term: str
) -> list[Membership]:
    """Return members that a search finds: part of a name or email, or a number.

    Raises TooMany for too many searches by number.
    """
    matching = User.objects.filter(search.of_people(request, term)).order_by()
    few = list(matching.values_list("pk", flat=True)[: MOST_MATCHES + 1])
    # Nobody has the id 0. Without a match Django would leave a statement out, and the time would
    # tell whether someone of another organization matches.
    people = (few or [0]) if len(few) <= MOST_MATCHES else matching
    rows = Manager(actor).members(organization).filter(user__in=people)
    return _shown(actor, organization, _numbers(rows.order_by()[:PER_PAGE]))


def has(actor: User, organization: Organization, email: str) -> bool:
    """Whether an address belongs to a member."""
    return Manager(actor).members(organization).filter(user__email=email).exists()


def without_number(actor: User, organization: Organization) -> Lacking:
    """Return the first of the newest members without a phone number (E01).

    They need one for codes by text.
    """
    newest = Manager(actor).members(organization).order_by("-pk")
    looked_at = newest[:MOST_LOOKED_AT].values("pk")
    lacking = Membership.objects.filter(~Exists(_phones()), pk__in=looked_at)
    members = _shown(actor, organization, _numbers(lacking.order_by("-pk")[:MOST_WITHOUT]))
    others = newest[MOST_LOOKED_AT : MOST_LOOKED_AT + 1].exists()
    return Lacking(members, MOST_LOOKED_AT if others else 0)


def _numbers(rows: QuerySet[Membership]) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def _shown(actor: User, organization: Organization, numbers: list[int]) -> list[Membership]:
    """Return the memberships with what the lists show, newest first.

    Only a factor that the organization's rules still count is one (K9).
    """
    since = rules.policy_with(organization, organization.own).enroll_again_from
    usable = Factor.objects.set_up(since).filter(user=OuterRef("user"))
    held = Membership.objects.in_force().filter(user=OuterRef("user"))
    beyond = held.exclude(Manager(actor).within_reach())
    rows = Membership.objects.filter(pk__in=numbers).select_related("user")
    return list(
        rows.annotate(
            has_number=Exists(_phones()),
            has_factor=Exists(usable),
            is_proven=Exists(usable.filter(status=Status.ACTIVE)),
            is_shared=Exists(beyond),
        ).order_by("-pk")
    )


def _phones() -> QuerySet[Factor]:
    return Factor.objects.not_revoked().filter(user=OuterRef("user"), kind=Method.PHONE)
