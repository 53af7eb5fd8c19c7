"""The role of a person in a client organization, which the partner's managers choose (org4)."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.models import Membership, Organization
from accounts.organizations import authority, members
from accounts.organizations.members import LastManagerError
from accounts.views.organizations.guards import demand, for_manager, member_of
from accounts.views.requests import UserRequest
from mfa.client import client_of
from mfa.login.guards import fresh

MEMBER, MANAGER = Membership.Role


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
@fresh()
def member_role(request: UserRequest, organization: Organization, member_id: int) -> HttpResponse:
    """Say what the role means, then give or take it. The button names the role it gives."""
    membership = member_of(request, organization, member_id)
    demand(request, membership, allowed=authority.may_give_role(request.user, membership))
    if request.method != "POST":
        context = {
            "organization": organization,
            "membership": membership,
            "person": membership.user,
            "role": MEMBER if membership.role == MANAGER else MANAGER,
        }
        return render(request, "accounts/member_role.html", context)
    role = request.POST.get("role", "")
    if role not in Membership.Role:
        raise BadRequest
    try:
        given = members.give_role(request.user, membership, role, client=client_of(request))
    except LastManagerError:
        words = gettext("This is the last manager. Make someone else a manager first.")
        messages.error(request, words)
    else:
        if given:
            said = {
                MANAGER: gettext("%(person)s is now a manager of %(organization)s."),
                MEMBER: gettext("%(person)s is no longer a manager of %(organization)s."),
            }
            names = {"person": membership.user.email, "organization": organization.name}
            messages.success(request, said[Membership.Role(role)] % names)
        else:
            messages.info(request, gettext("Nothing has changed."))
    return redirect("accounts:member", organization.slug, membership.pk)
