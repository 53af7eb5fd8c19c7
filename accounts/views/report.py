"""The link “This wasn't me” of a notice: it opens without a login and acts by one POST."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.people import reports
from accounts.people.links import Dead
from accounts.people.reported import WayOn
from accounts.views import links
from mfa.client import client_of
from mfa.views.pages import show


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show what the button does, then what comes next: email scanners open links by GET.

    A person with the link learns nothing about the account. Raises TooMany.
    """
    found = reports.opened_by(uid, token)
    if isinstance(found, Dead):
        return links.because(request, links.REPORT, found)
    client = client_of(request)
    if request.method == "POST":
        reports.make(found.person, found.event.pk, client=client)
        if request.user == found.person:
            logout(request)
        return redirect("accounts:report", uid, token)
    context: dict[str, object] = {"found": found}
    if found.done:
        # A later report may have changed the way.
        latest = found.latest or found.done
        context["way"] = latest.details.get("way", WayOn.HELP)
    else:
        context |= {"way": found.way_on(client), "off": found.turned_off()}
    return show(request, "accounts/report.html", context, user=found.person)
