"""Trusted browsers of the Security page, and how to end the trust (TB-02)."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mfa.client import client_of, moment_of
from mfa.login.guards import SignedIn, fresh
from mfa.sessions import trust
from mfa.views.pages import show

SECURITY = "mfa:security"


@never_cache
@require_POST
@fresh(back=SECURITY)
def untrust(request: SignedIn) -> HttpResponse:
    """Remove the trust in one browser."""
    trust.remove(request.user, request.POST.get("browser", ""), client=client_of(request))
    return redirect(f"{reverse(SECURITY)}?done=untrusted")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def untrust_all(request: SignedIn) -> HttpResponse:
    """List the trusted browsers, then remove the trust in all of them."""
    if request.method != "POST":
        context = {"trusted": trust.live_of(request.user, moment_of(request))}
        return show(request, "mfa/untrust_all.html", context, user=request.user)
    trust.remove_all(request.user, client=client_of(request))
    return redirect(f"{reverse(SECURITY)}?done=untrusted-all")
