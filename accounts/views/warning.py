"""The page behind the link in the warning about wrong codes."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import warnings
from accounts.people.links import Link
from accounts.views import links
from mfa.client import client_of


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_warning(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show a button and confirm by POST, because email scanners open links."""
    held = User.objects.by_link(uid, token)
    alive = held is not None and held[1] is Link.WARNING
    if held and alive and request.method == "POST":
        alive = warnings.confirm(held[0], uid, token, client=client_of(request))
        if alive:
            return redirect(f"{reverse('accounts:login')}?notice=warning")
    if not alive:
        return links.dead(request, links.WARNING, uid, token)
    return render(request, "accounts/confirm_warning.html")
