"""The link in the notices of a lost phone: it opens without a login and acts by one POST."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import notice_links, recoveries, recovery_links
from accounts.people.links import Dead
from accounts.people.recovery_links import Opened
from accounts.views import links
from mfa.client import client_of
from mfa.views.pages import show


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def stop_recovery(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show who asked and when, and stop it by POST: email scanners open links by GET.

    "This wasn't me" also asks for a new password, so a stranger's no longer works. Raises TooMany.
    """
    opened = recovery_links.opened_by(uid, token)
    if isinstance(opened, Dead):
        return links.because(request, links.RECOVERY, opened)
    held = opened.request
    person = get_object_or_404(User, pk=held.user_id)
    if request.method == "POST":
        return _act(request, opened, person) or redirect("accounts:stop_recovery", uid, token)
    context = {
        "held": held,
        "open": held.is_open(timezone.now()),
        "by_text": opened.by_text,
        "may_report": not opened.by_text and recoveries.may_disown(held),
    }
    with timezone.override(person.zone):
        return show(request, "accounts/stop_recovery.html", context, user=person)


def _act(request: HttpRequest, opened: Opened, person: User) -> HttpResponse | None:
    client, held = client_of(request), opened.request
    if opened.by_text or "stranger" not in request.POST:
        recoveries.found(held, by_text=opened.by_text, client=client)
        # A finder of the phone must not end the owner's password.
        return redirect("accounts:forgot") if "stranger" in request.POST else None
    recoveries.disown(held, person, client=client)
    if request.user == person:
        logout(request)
    return redirect(notice_links.path_of(person.pk, held.event or 0, at=timezone.now()))
