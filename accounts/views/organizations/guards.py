"""The guard of all pages of managers."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.models import Membership, Organization
from accounts.organizations.managers import Manager
from accounts.views.requests import UserRequest
from mfa import audit, factors, pauses
from mfa.client import client_of
from mfa.limits import counters, table as limits
from mfa.login import typed
from mfa.login.guards import SAFE, confirm_first, is_fresh, is_strong
from mfa.models import Event
from mfa.rules.methods import STRONG
from mfa.sessions.proofs import aal_of

View = Callable[..., HttpResponse]


def for_manager(view: View) -> View:
    """Run the view with the organization of its short name, for its managers only (AZ-02, AZ-03).

    The view gets the organization instead of the name. Someone else's organization and one that
    does not exist get the same answer by the same statements. A member gets 403. A POST needs a
    fresh proof (SS-08), and no page opens before the manager has a phone or app.
    """

    @never_cache
    @wraps(view)
    def guarded(request: UserRequest, slug: str, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        organization = Manager(user).organizations().filter(slug=slug).first()
        if organization is None:
            raise _refused(request, slug)
        if not factors.has_strong(user):
            return render(request, "accounts/factor_first.html")
        # A pause lets a person in by password, but not to other people's accounts.
        paused = pauses.lets_in(user.mfa_policy) and aal_of(request.session) < STRONG
        if paused or not is_strong(request, user):
            raise PermissionDenied
        if request.method not in SAFE and not is_fresh(request, user):
            return confirm_first(request, user, form=typed.form_of(view))
        return view(request, organization, *args, **kwargs)

    return guarded


def member_of(request: UserRequest, organization: Organization, pk: int) -> Membership:
    """Return a membership of the organization with its person. Raises Http404."""
    rows = Manager(request.user).members(organization).select_related("user", "organization")
    found = rows.filter(pk=pk).first()
    if found is None:
        note(request, organization.slug)
        raise Http404
    return found


def may_act_on(request: UserRequest, membership: Membership) -> None:
    """Raise PermissionDenied unless this manager may act on the person (K10)."""
    demand(request, membership, allowed=request.user.looks_after(membership.user))


def demand(request: UserRequest, membership: Membership, *, allowed: bool) -> None:
    """Raise PermissionDenied unless it is allowed, and record an attempt to change (org4)."""
    if not allowed:
        if request.method not in SAFE:
            note(request, membership.organization.slug)
        raise PermissionDenied


def _refused(request: UserRequest, slug: str) -> Exception:
    """Record the attempt, and return the answer: 403 in the person's own organization, else 404."""
    note(request, slug)
    mine = request.user.affiliation.memberships
    own = any(each.organization.slug == slug for each in mine)
    return PermissionDenied() if own else Http404()


def note(request: UserRequest, slug: str) -> None:
    """Record the attempt of a manager, and of others only that to change something (WB-01)."""
    if request.method in SAFE and not request.user.managed:
        return
    if counters.is_first(limits.LATE_RECORDS.of(f"organizations:{request.user.pk}")):
        client = client_of(request)
        audit.record(Event.ORGANIZATION_REFUSED, request.user, client=client, slug=slug)
