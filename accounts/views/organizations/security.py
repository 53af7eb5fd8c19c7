"""The organization's rules: Multi Factor Authentication (MFA) for its own people (D04, E03)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.forms.organizations import RulesForm, SwitchForm, initial_of
from accounts.models import Organization
from accounts.organizations import people, rules
from accounts.organizations.refusals import refusal_of
from accounts.organizations.rules import Wishes
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from mfa.client import client_of
from mfa.login import typed
from mfa.login.affected import number_of, sent_again
from mfa.login.guards import fresh
from mfa.login.impact_csv import csv_of
from mfa.login.policy_words import impact_sentences, sentence_of
from mfa.login.typed import keeps

FORMS = ["GET", "HEAD", "POST"]


@require_http_methods(FORMS)
@for_manager
@fresh()
@keeps(RulesForm)
def organization_security(request: UserRequest, organization: Organization) -> HttpResponse:
    """Show the rules; then what a change means and for how many people; then save it."""
    sent = request.POST if request.method == "POST" else None
    form = RulesForm(sent, initial=initial_of(rules.wishes_of(organization)))
    context = {**_now(organization), "form": form}
    page = "accounts/organization_security.html"
    if not form.is_valid():
        typed.fill(request, form)
        return render(request, page, context)
    if refusal := refusal_of(request.user, organization, form.wishes):
        form.add_error(refusal.field, refusal.words)
        return render(request, page, context)
    if "confirmed" in request.POST:
        rules.change(request.user, organization, form.wishes, client=client_of(request))
        messages.success(request, gettext("Saved."))
        return redirect("accounts:organization_security", organization.slug)
    return render(request, page, {**context, **_after(organization, form.wishes)})


@require_http_methods(FORMS)
@for_manager
@fresh()
@keeps(SwitchForm)
def two_factor(request: UserRequest, organization: Organization) -> HttpResponse:
    """Say what Yes or No changes for the organization's own people, then save it (E03)."""
    former = rules.wishes_of(organization)
    form, page = SwitchForm(request.POST or None, former=former), "accounts/two_factor.html"
    context = {**_now(organization), "form": form}
    if not form.is_valid():
        typed.fill(request, form)
        return render(request, page, context)
    if refusal := refusal_of(request.user, organization, form.wishes):
        form.add_error("two_factor", refusal.words)
        return render(request, page, context)
    if "confirmed" in request.POST:
        rules.change(request.user, organization, form.wishes, client=client_of(request))
        messages.success(request, gettext("Saved."))
        return redirect("accounts:people_list", organization.slug)
    lacking = people.without_number(request.user, organization) if form.is_on else []
    context |= {**_after(organization, form.wishes), "without_number": lacking}
    return render(request, page, context)


def _now(organization: Organization) -> dict[str, object]:
    policy = rules.policy_with(organization, organization.own)
    return {"organization": organization, "before": sentence_of(policy)}


def _after(organization: Organization, wishes: Wishes) -> dict[str, object]:
    own = rules.changed(organization, wishes)
    return {
        "after": sentence_of(rules.policy_with(organization, own)),
        "impact": impact_sentences(rules.impact_of(organization, own, timezone.now())),
        "chosen": RulesForm(initial=initial_of(wishes)),
        "again": own.enroll_again_from != organization.own.enroll_again_from,
    }


@require_http_methods(FORMS)
@for_manager
@fresh()
def organization_affected(request: UserRequest, organization: Organization) -> HttpResponse:
    """List the people whose next login the sent rules change, page by page or as a file."""
    form = RulesForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return redirect("accounts:organization_security", organization.slug)
    own = rules.changed(organization, form.wishes)
    impact = rules.impact_of(organization, own, timezone.now())
    if "csv" in request.POST:
        return csv_of(impact, whole_numbers=False)
    found, after = impact.page(number_of(request.POST.get("after")))
    context = {"organization": organization, "people": found, "after": after}
    return render(
        request, "accounts/organization_affected.html", {**context, "sent": sent_again(request)}
    )
