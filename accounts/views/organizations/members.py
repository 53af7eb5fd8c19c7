"""What a manager does for one person: name, number, reset, sessions, end of the membership."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms.organizations import NameForm
from accounts.models import Membership, Organization
from accounts.organizations import authority, members, reminders
from accounts.organizations.members import LastManagerError
from accounts.views.organizations.guards import demand, for_manager, may_act_on, member_of
from accounts.views.requests import UserRequest
from mfa import factors, rescue
from mfa.client import client_of
from mfa.forms.rescues import HELPED_ENOUGH, NumberForm, ResetForm
from mfa.limits.counters import TooMany
from mfa.login import typed
from mfa.login.guards import fresh
from mfa.login.typed import keeps
from mfa.sessions import revoke
from mfa.views.pages import refused

FORMS = ["GET", "HEAD", "POST"]


@require_http_methods(FORMS)
@for_manager
@keeps(NameForm)
def member(request: UserRequest, organization: Organization, member_id: int) -> HttpResponse:
    """Show a person, and change the name. A shared person and staff are for support."""
    membership = member_of(request, organization, member_id)
    form = NameForm(request.POST or None, initial={"full_name": membership.user.full_name})
    allowed = request.user.looks_after(membership.user)
    if request.method == "POST":
        may_act_on(request, membership)
        if form.is_valid():
            name = form.cleaned_data["full_name"]
            members.rename(request.user, membership, name, client=client_of(request))
            messages.success(request, gettext("Saved."))
            return _back(membership)
    typed.fill(request, form)
    context = {
        "form": form,
        "allowed": allowed,
        "factors": factors.shown_of(membership.user),
        "phone": factors.phone_of(membership.user),
        "sessions": revoke.sessions_of(membership.user).count(),
        "may_end": authority.may_end(request.user, membership),
        "may_give_role": authority.may_give_role(request.user, membership),
    }
    return _show(request, "accounts/member.html", membership, **context)


@require_http_methods(FORMS)
@sensitive_post_parameters("phone")
@for_manager
@fresh()
@keeps(NumberForm)
def member_number(request: UserRequest, organization: Organization, member_id: int) -> HttpResponse:
    """Write a person's number, which the next login's code proves (E05, K6)."""
    membership = member_of(request, organization, member_id)
    may_act_on(request, membership)
    person, page = membership.user, "accounts/member_number.html"
    form = NumberForm(request.POST or None, policy=person.mfa_policy)
    context = {"form": form, "phone": factors.phone_of(person), "repaired": form.repaired}
    if not form.is_valid():
        typed.fill(request, form)
        return _show(request, page, membership, **context)
    number, reason = form.cleaned_data["phone"], form.cleaned_data["reason"]
    try:
        changed = rescue.assign_number(
            request.user, person, number, reason=reason, client=client_of(request)
        )
    except TooMany as too_many:
        form.add_error(None, HELPED_ENOUGH)
        return refused(_show(request, page, membership, **context), too_many)
    if not changed:
        messages.warning(
            request, gettext("This person's account has just changed. Check it, then try again.")
        )
        return redirect("accounts:member_number", organization.slug, membership.pk)
    messages.success(request, gettext("Number changed. It will be verified at the next login."))
    return _back(membership)


@require_http_methods(FORMS)
@for_manager
@fresh()
@keeps(ResetForm)
def member_reset(request: UserRequest, organization: Organization, member_id: int) -> HttpResponse:
    """Reset the second factor of one person (D19, D21), as support does."""
    membership = member_of(request, organization, member_id)
    may_act_on(request, membership)
    form, page = ResetForm(request.POST or None), "accounts/member_reset.html"
    if not form.is_valid():
        typed.fill(request, form)
        return _show(request, page, membership, form=form)
    try:
        rescue.reset(request.user, membership.user, client=client_of(request), **form.cleaned_data)
    except TooMany as too_many:
        form.add_error(None, HELPED_ENOUGH)
        return refused(_show(request, page, membership, form=form), too_many)
    messages.success(request, gettext("Two-step verification of this person is reset."))
    return _back(membership)


@require_http_methods(FORMS)
@for_manager
@fresh()
def member_sessions(
    request: UserRequest, organization: Organization, member_id: int
) -> HttpResponse:
    """Say what ends, then log the person out everywhere."""
    membership = member_of(request, organization, member_id)
    may_act_on(request, membership)
    if request.method != "POST":
        sessions = revoke.sessions_of(membership.user)
        return _show(request, "accounts/member_sessions.html", membership, sessions=sessions)
    rescue.end_sessions(request.user, membership.user, client=client_of(request))
    messages.success(request, gettext("The person was logged out everywhere."))
    return _back(membership)


@require_http_methods(FORMS)
@for_manager
@fresh()
def member_end(request: UserRequest, organization: Organization, member_id: int) -> HttpResponse:
    """Say what ends, then end the membership. The account itself stays."""
    membership = member_of(request, organization, member_id)
    demand(request, membership, allowed=authority.may_end(request.user, membership))
    if request.method != "POST":
        return _show(request, "accounts/member_end.html", membership)
    try:
        members.end(request.user, membership, client=client_of(request))
    except LastManagerError:
        messages.error(
            request, gettext("This is the last manager. Make someone else a manager first.")
        )
        return _back(membership)
    messages.success(request, gettext("The membership has ended."))
    return redirect("accounts:people_list", organization.slug)


@require_http_methods(FORMS)
@for_manager
@fresh()
def remind_member(request: UserRequest, organization: Organization, member_id: int) -> HttpResponse:
    """Ask the person by email to set up two-step verification. After a step-up, show the list."""
    membership = member_of(request, organization, member_id)
    if request.method != "POST":
        return redirect("accounts:organization_details", organization.slug)
    if reminders.send(request.user, membership, client=client_of(request)):
        words = gettext("Reminder sent to %s.") % membership.user.email
        messages.success(request, words)
    else:
        messages.warning(
            request, gettext("No reminder sent. Each person gets at most one in three days.")
        )
    return redirect("accounts:organization_details", organization.slug)


def _back(membership: Membership) -> HttpResponse:
    return redirect("accounts:member", membership.organization.slug, membership.pk)


def _show(
    request: UserRequest, template: str, membership: Membership, **context: object
) -> HttpResponse:
    about = {
        "organization": membership.organization,
        "membership": membership,
        "person": membership.user,
    }
    return render(request, template, {**about, **context})
