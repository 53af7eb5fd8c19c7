"""What a manager sees first: the organization, its people and its clients."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms.organizations import MemberSearchForm, SwitchForm
from accounts.models import LARGEST_ID, Organization
from accounts.organizations import people, reminders, rules
from accounts.organizations.managers import Manager
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from mfa.login.policy_words import sentence_of
from mfa.rules.policy import Enforcement


@require_safe
@for_manager
def organization(request: UserRequest, organization: Organization) -> HttpResponse:
    """Show what there is: people, clients, rules."""
    clients = organization.clients.filter(is_active=True).exists()
    context = {"organization": organization, "has_clients": clients}
    return render(request, "accounts/organization.html", context)


@require_safe
@for_manager
def organization_details(request: UserRequest, organization: Organization) -> HttpResponse:
    """List the contacts as rows that open (D20, D21). Raises TooMany."""
    context = _listed(request, organization)
    context["reminders"] = reminders.are_offered(organization)
    return render(request, "accounts/organization_details.html", context)


@require_safe
@for_manager
def people_list(request: UserRequest, organization: Organization) -> HttpResponse:
    """List the people with links to edit each. Raises TooMany.

    Above the first page stand the switch of E03 and the people without a number (E01).
    """
    context = _listed(request, organization)
    if not request.GET:
        now = rules.policy_with(organization, organization.own)
        context |= {
            "switch": SwitchForm(former=rules.wishes_of(organization, organization.own)),
            "rules": sentence_of(now),
            "off": now.enforcement is Enforcement.OFF,
            "without_number": people.without_number(request.user, organization),
        }
    return render(request, "accounts/people_list.html", context)


@require_safe
@for_manager
def clients(request: UserRequest, organization: Organization) -> HttpResponse:
    """List the client organizations that this person manages (E11)."""
    ours = Manager(request.user).organizations().filter(parent=organization)
    context = {"organization": organization, "clients": ours.order_by("name", "pk")}
    return render(request, "accounts/clients.html", context)


def _listed(request: UserRequest, organization: Organization) -> dict[str, object]:
    form = MemberSearchForm(request.GET if "q" in request.GET else None)
    context: dict[str, object] = {"organization": organization, "form": form}
    if form.is_valid():
        term = form.cleaned_data["q"]
        found = people.found_by(request, request.user, organization, term)
        return context | {"members": found, "searched": True}
    page = people.page_of(request.user, organization, before=number_in(request.GET.get("before")))
    return context | {"members": page.members, "before": page.before}


def number_in(text: str | None) -> int | None:
    """Return an id from the address, or None."""
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if 0 < number <= LARGEST_ID else None
