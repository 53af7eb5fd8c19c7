"""The organization's rules: Multi Factor Authentication (MFA) for its own people (D04, E03)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.forms.organizations import RulesForm, initial_of
from accounts.models import Organization
from accounts.organizations import rules
from accounts.organizations.words import sentence_of
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from mfa.client import client_of
from mfa.login import typed
from mfa.login.guards import fresh
from mfa.login.typed import keeps
from mfa.rules.fold import EmptyPolicyError
from mfa.rules.policy import Enforcement

# So many people are named at once.
MOST_NAMED = 5


@require_http_methods(["GET", "HEAD", "POST"])
@for_manager
@fresh()
@keeps(RulesForm)
def organization_security(request: UserRequest, organization: Organization) -> HttpResponse:
    """Show the rules; then what a change means and for how many people; then save it."""
    sent = request.POST if request.method == "POST" else None
    form = RulesForm(sent, initial=initial_of(rules.wishes_of(organization)))
    now = rules.policy_with(organization, organization.own)
    context = {"organization": organization, "form": form, "before": sentence_of(now)}
    page = "accounts/organization_security.html"
    if request.method != "POST":
        typed.fill(request, form)
        return render(request, page, context)
    if not form.is_valid() or not _fits(request, organization, form):
        return render(request, page, context)
    if "confirmed" in request.POST:
        rules.change(request.user, organization, form.wishes, client=client_of(request))
        messages.success(request, gettext("Saved."))
        return redirect("accounts:organization_security", organization.slug)
    own = rules.changed(organization, form.wishes)
    context |= {
        "after": sentence_of(rules.policy_with(organization, own)),
        "impact": rules.impact_of(organization, own, timezone.now()),
        "again": own.enroll_again_from != organization.own.enroll_again_from,
    }
    return render(request, page, context)


def _fits(request: UserRequest, organization: Organization, form: RulesForm) -> bool:
    """Whether the levels above allow the wishes, and everyone keeps a method."""
    own = rules.changed(organization, form.wishes)
    try:
        policy = rules.policy_with(organization, own)
    except EmptyPolicyError as error:
        levels = ", ".join(error.levels)
        form.add_error(
            "methods",
            gettext("These rules together leave no method: %s. Choose another one.") % levels,
        )
        return False
    order = list(Enforcement)
    if order.index(policy.enforcement) > order.index(form.wishes.enforcement):
        field = "opt_out" if form.wishes.enforcement is Enforcement.OPTIONAL else "enabled"
        form.add_error(field, gettext("The portal requires more. You can only make it stricter."))
    elif form.wishes.enforcement is not Enforcement.OFF and not rules.holds_allowed(
        request.user, form.wishes.methods
    ):
        form.add_error("methods", gettext("Set up one of these methods yourself first."))
    elif shut := rules.conflicts(organization, own):
        names = ", ".join(person.email for person in shut[:MOST_NAMED])
        form.add_error(
            "methods",
            gettext("Another organization's rules leave these people no method: %s.") % names,
        )
    return not form.errors
