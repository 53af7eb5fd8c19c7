"""The button “This wasn't me” of the activity: the same report as by the link in a notice."""

from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.people import notice_links, reported, reports
from accounts.people.reported import WayOn
from accounts.views.requests import UserRequest
from mfa import pauses
from mfa.client import client_of
from mfa.login.guards import confirm_first, is_fresh
from mfa.views.pages import show


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: UserRequest, event_id: int) -> HttpResponse:
    """Explain the event and what the button does, then say what comes next.

    The button ends this session too, because someone else may use it. A report that turns off a
    phone or app, or closes the account, asks for a proof first, as a report of a loss does (RV-07);
    during a pause each report does (S07). Raises TooMany.
    """
    found = reported.find(request.user.pk, event_id)
    if found is None:
        raise Http404
    client, off = client_of(request), found.turned_off()
    way = found.way_on(client)
    guarded = off or way is WayOn.CLOSED or pauses.lets_in(request.user.mfa_policy)
    if not found.done and guarded and not is_fresh(request, request.user, either=True):
        return confirm_first(request, request.user, either=True)
    if request.method == "POST" and not found.done:
        reports.make(request.user, event_id, client=client)
        logout(request)
        return redirect(notice_links.path_of(found.person.pk, event_id, at=timezone.now()))
    context = {
        "found": found,
        "event": found.event,
        "off": off,
        "way": way,
    }
    return show(request, "accounts/not_me.html", context, user=request.user)
