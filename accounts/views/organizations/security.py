"""Rules: Multi Factor Authentication (MFA) for the own people, and above clients (D04, E03)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.forms.organizations import ClientRulesForm, RulesForm, SwitchForm, initial_of
from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import deciders, people, rules
from accounts.organizations.managers import Manager
from accounts.organizations.refusals import refusal_of
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from mfa import files
from mfa.client import client_of
from mfa.login import typed
from mfa.login.affected import number_of, sent_again
from mfa.login.guards import fresh
from mfa.login.impact_file import file_of
from mfa.login.policy_words import impact_sentences, sentence_of
from mfa.login.typed import keeps
from mfa.rules.fold import EmptyPolicyError

FORMS = ["GET", "HEAD", "POST"]
Rules = RulesForm | SwitchForm


@require_http_methods(FORMS)
@for_manager
@fresh()
@keeps(RulesForm)
def organization_security(request: UserRequest, organization: Organization) -> HttpResponse:
    """Show the rules; then what a change means and for how many people; then save it."""
    context = _shown(request, organization, organization.own, RulesForm)
    if context is None:
        return redirect("accounts:organization_security", organization.slug)
    return render(request, "accounts/organization_security.html", context)


@require_http_methods(FORMS)
@for_manager
@fresh()
@keeps(ClientRulesForm)
def clients_security(request: UserRequest, organization: Organization) -> HttpResponse:
    """Show and change a partner's rules above those of its client organizations."""
    _demand_partner(request, organization)
    context = _shown(request, organization, organization.for_clients, ClientRulesForm)
    if context is None:
        return redirect("accounts:clients_security", organization.slug)
    return render(request, "accounts/clients_security.html", context)


@require_http_methods(FORMS)
@for_manager
@fresh()
@keeps(SwitchForm)
def two_factor(request: UserRequest, organization: Organization) -> HttpResponse:
    """Say what Yes or No changes for the organization's own people, then save it (E03)."""
    own = organization.own
    form = SwitchForm(request.POST or None, former=rules.wishes_of(organization, own))
    if form.is_valid() and form.wishes == form.former:
        messages.info(request, gettext("Nothing has changed."))
        return redirect("accounts:people_list", organization.slug)
    context = _answered(request, organization, own, form)
    if context is None:
        return redirect("accounts:people_list", organization.slug)
    if "after" in context:
        lacking = people.without_number(request.user, organization) if form.is_on else None
        context["without_number"] = lacking
    return render(request, "accounts/two_factor.html", context)


@require_http_methods(FORMS)
@for_manager
@fresh()
def organization_affected(request: UserRequest, organization: Organization) -> HttpResponse:
    """List the people whose next login the sent rules change, page by page or as a file."""
    level, kind = organization.own, RulesForm
    if "clients" in request.POST:
        _demand_partner(request, organization)
        level, kind = organization.for_clients, ClientRulesForm
    known = initial_of(rules.wishes_of(organization, level))
    form = kind(request.POST if request.method == "POST" else None, initial=known)
    if not form.is_valid():
        return redirect("accounts:organization_security", organization.slug)
    changed = rules.changed(organization, level, form.wishes)
    impact = rules.impact_in_time(organization, changed, timezone.now())
    if "format" in request.POST:
        return file_of(impact, whole_numbers=False, kind=files.wanted(request.POST))
    found, after = impact.page(number_of(request.POST.get("after")))
    context = {"organization": organization, "people": found, "after": after}
    context |= {"clients": level == organization.for_clients, "switch": "switch" in request.POST}
    return render(
        request, "accounts/organization_affected.html", {**context, "sent": sent_again(request)}
    )


def _demand_partner(request: UserRequest, organization: Organization) -> None:
    """Raise Http404 unless this is a manager of the organization itself, which is no client."""
    mine = Manager(request.user).own_organizations()
    if organization.parent_id or not mine.filter(pk=organization.pk).exists():
        raise Http404


def _shown(
    request: UserRequest,
    organization: Organization,
    level: OrganizationPolicy,
    kind: type[RulesForm],
) -> dict[str, object] | None:
    """Return what a page of rules shows, or None if the change is saved."""
    sent = request.POST if request.method == "POST" else None
    form = kind(sent, initial=initial_of(rules.wishes_of(organization, level)))
    for name, words in deciders.explain(organization, level).items():
        field = form.fields[name]
        field.help_text = " ".join(filter(None, (str(field.help_text), words)))
    unchanged = form.is_valid() and form.wishes == rules.wishes_of(organization, level)
    if unchanged and "confirmed" not in request.POST:
        messages.info(request, gettext("Nothing has changed."))
        return None
    return _answered(request, organization, level, form)


def _answered(
    request: UserRequest, organization: Organization, level: OrganizationPolicy, form: Rules
) -> dict[str, object] | None:
    """Return what the page shows, or None if the change is saved."""
    before = sentence_of(rules.policy_with(organization, level))
    context: dict[str, object] = {"organization": organization, "form": form, "before": before}
    if not form.is_valid():
        typed.fill(request, form)
        return context
    changed = rules.changed(organization, level, form.wishes)
    if refusal := refusal_of(request.user, organization, changed):
        # The switch has one field for all of it.
        field = refusal.field if refusal.field in form.fields else "two_factor"
        form.add_error(field, refusal.words)
        return context
    if "confirmed" in request.POST and request.POST.get("seen", before) == before:
        try:
            rules.change(request.user, organization, level, form.wishes, client=client_of(request))
        except EmptyPolicyError:
            # Another level changed in this moment. Now the form names both.
            return _answered(request, organization, level, form)
        messages.success(request, gettext("Saved."))
        return None
    now = timezone.now()
    # The next page has these fields twice, hidden. Without ids they describe nothing.
    form.auto_id = ""
    return context | {
        "after": sentence_of(rules.policy_with(organization, changed)),
        "impact": impact_sentences(
            rules.impact_of(organization, changed, now), rules.later_of(organization, changed, now)
        ),
        "chosen": RulesForm(initial=initial_of(form.wishes), auto_id=""),
        "untrusts": rules.ends_trust(organization, changed),
        "again": changed.enroll_again_from != level.enroll_again_from,
        "moved": "confirmed" in request.POST,
    }
