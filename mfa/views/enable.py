"""The page “Enable MFA” of people who skipped the setup or never did it."""

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mfa.client import client_of
from mfa.login import PREFILL, enabling
from mfa.login.guards import SignedIn
from mfa.views.pages import show


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enable(request: SignedIn) -> HttpResponse:
    """Ask whether to log out and set up a second step at the next login (D17)."""
    user = request.user
    if not user.may_enable_mfa:
        raise Http404
    if request.method != "POST":
        return show(request, "mfa/enable.html", {}, user=user)
    enabling.enable(user, client=client_of(request))
    logout(request)
    request.session[PREFILL] = user.login_name
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?notice=enable")
