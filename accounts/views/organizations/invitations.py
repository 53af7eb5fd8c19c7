"""The invitations of an organization: list, invite, send again, revoke."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms.invitations import InvitationForm
from accounts.models import Invitation, Organization
from accounts.organizations import invitations as invited, people
from accounts.organizations.managers import MANAGER, may_invite
from accounts.views.organizations.guards import for_manager, note
from accounts.views.organizations.overview import number_in
from accounts.views.requests import UserRequest
from mfa.client import client_of
from mfa.limits.counters import TooMany
from mfa.login import typed
from mfa.login.guards import fresh
from mfa.login.typed import keeps
from mfa.views.pages import refused

LIST = "accounts:invitations"


@require_safe
@for_manager
def invitations(request: UserRequest, organization: Organization) -> HttpResponse:
    """List the invitations with their states, newest first."""
    before = number_in(request.GET.get("before"))
    rows, more = invited.listed(request.user, organization, before=before)
    context = {
        "organization": organization,
        "invitations": rows,
        "gives_roles": may_invite(request.user, organization, MANAGER),
        "before": more,
    }
    return render(request, "accounts/invitations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
@fresh()
@keeps(InvitationForm)
def invite(request: UserRequest, organization: Organization) -> HttpResponse:
    """Invite an address. The page says nothing about who has an account (RG-02)."""
    roles = may_invite(request.user, organization, MANAGER)
    form = InvitationForm(request.POST or None, roles=roles)
    context = {"organization": organization, "form": form}
    if not form.is_valid() or _is_taken(request, organization, form):
        typed.fill(request, form)
        return render(request, "accounts/invite.html", context)
    email, name = form.cleaned_data["email"], form.cleaned_data["full_name"]
    by, client = request.user, client_of(request)
    try:
        invited.invite(by, organization, email, full_name=name, role=form.role, client=client)
    except TooMany as refusal:
        form.add_error(None, _too_many())
        return refused(render(request, "accounts/invite.html", context), refusal)
    messages.success(request, gettext("Invitation sent to %s.") % email)
    return redirect(LIST, organization.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
@fresh()
def renew_invitation(
    request: UserRequest, organization: Organization, invitation_id: int
) -> HttpResponse:
    """Send a new link, which replaces the older one (inv4). After a step-up, show the list."""
    if request.method != "POST":
        return redirect(LIST, organization.slug)
    invitation = _found(request, organization, invitation_id)
    try:
        invited.renew(request.user, invitation, client=client_of(request))
    except TooMany:
        messages.error(request, _too_many())
    else:
        messages.success(request, gettext("Invitation sent to %s.") % invitation.email)
    return redirect(LIST, organization.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
@fresh()
def revoke_invitation(
    request: UserRequest, organization: Organization, invitation_id: int
) -> HttpResponse:
    """Say what happens, then turn the link off."""
    invitation = _found(request, organization, invitation_id)
    if request.method != "POST":
        context = {"organization": organization, "invitation": invitation}
        return render(request, "accounts/revoke_invitation.html", context)
    if invited.revoke(request.user, invitation, client=client_of(request)):
        messages.success(request, gettext("The invitation is revoked."))
    else:
        messages.warning(request, gettext("This invitation has already been accepted."))
    return redirect(LIST, organization.slug)


def _found(request: UserRequest, organization: Organization, pk: int) -> Invitation:
    """Return an invitation of the organization. Raises Http404, and PermissionDenied."""
    found = invited.of_organization(request.user, organization).filter(pk=pk).first()
    if found is None:
        note(request, organization.slug)
        raise Http404
    if not may_invite(request.user, organization, found.role):
        note(request, organization.slug)
        raise PermissionDenied
    return found


def _is_taken(request: UserRequest, organization: Organization, form: InvitationForm) -> bool:
    """Whether the address is a member's or an invited manager's, which the manager sees anyway."""
    email = form.cleaned_data["email"]
    if people.has(request.user, organization, email):
        form.add_error("email", gettext("This person already belongs to %s.") % organization)
    elif invited.invited_above(request.user, organization, email):
        form.add_error("email", gettext("This person is already invited as a manager."))
    return not form.is_valid()


def _too_many() -> str:
    return gettext("Too many invitations for today. Try again tomorrow.")
