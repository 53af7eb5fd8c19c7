"""The person's security: what proves them, where they are logged in, and how to end either."""

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import browsers, endings, factors, login, origin as origins
from mfa.guards import SignedIn, fresh
from mfa.login import WayBack
from mfa.models import Factor
from mfa.sessions import hash_of, keep_alive
from mfa.views.pages import show

HERE = "mfa:security"


@never_cache
@require_safe
def security(request: SignedIn) -> HttpResponse:
    """List factors and sessions (SS-07)."""
    held = factors.held_by(request.user)
    context = {
        "held": held,
        "restored": any(factor.restored_at for factor in held),
        "phone": any(factor.kind == Factor.Kind.PHONE for factor in held),
        "factors": factors.shown_of(request.user),
        "only": factors.only_of(request.user),
        "sessions": endings.sessions_of(request.user),
        "acting": hash_of(request.session.session_key or ""),
        "done": request.GET.get("done", ""),
    }
    return show(request, "mfa/security.html", context, user=request.user)


@never_cache
@require_POST
@fresh(back=HERE)
def end_session(request: SignedIn) -> HttpResponse:
    """End one of the person's sessions."""
    endings.end_one(request.user, request.POST.get("session", ""), origin=origins.of(request))
    return _done("ended")


@never_cache
@require_POST
@fresh(back=HERE)
def end_other_sessions(request: SignedIn) -> HttpResponse:
    """Log the person out everywhere else."""
    endings.end_others(request.user, request.session, origin=origins.of(request))
    response = _done("ended")
    browsers.remember(request, response, request.user)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(either=True)
def suspend_factor(request: SignedIn, pk: int) -> HttpResponse:
    """Switch a lost factor off at once, after the password or any factor (RV-07)."""
    factor = _factor(request, pk)
    way = login.way_back(request, request.user, without=factor)
    if request.method == "POST":
        return _suspend(request, factor, way)
    context = {"factor": factor, "way": way}
    return show(request, "mfa/suspend_factor.html", context, user=request.user)


def _suspend(request: SignedIn, factor: Factor, way: WayBack) -> HttpResponse:
    """End every other session; the acting one too where it would be the last thing that opens."""
    if not factors.suspend(request.user, factor, origin=origins.of(request)):
        # Another session was first, and its change has ended this one.
        return redirect("accounts:login")
    endings.end_others(request.user, request.session, origin=origins.of(request))
    if way is not WayBack.FACTOR:
        logout(request)
        return redirect(f"{reverse('accounts:login')}?notice=lost-{way}")
    keep_alive(request, request.user)
    response = _done("suspended")
    browsers.remember(request, response, request.user)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
def remove_factor(request: SignedIn, pk: int) -> HttpResponse:
    """Remove a factor for good, but never the only one."""
    factor = _factor(request, pk)
    if request.method == "POST":
        if not factors.remove(request.user, factor, origin=origins.of(request)):
            raise PermissionDenied
        keep_alive(request, request.user)
        return _done("removed")
    context = {"factor": factor, "only": factors.only_of(request.user)}
    return show(request, "mfa/remove_factor.html", context, user=request.user)


def _factor(request: SignedIn, pk: int) -> Factor:
    return get_object_or_404(Factor.objects.usable(), user_id=request.user.pk, pk=pk)


def _done(what: str) -> HttpResponse:
    return redirect(f"{reverse(HERE)}?done={what}")
