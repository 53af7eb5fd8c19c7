"""Pages outside the apps: accent color, choice of theme, and error pages."""

import sys
from itertools import takewhile
from string import ascii_letters, digits

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from mfa.login.redirects import is_page, safe_next
from mfa.models import SitePolicy
from portal.context import THEME_COOKIE, THEMES

A_YEAR, A_MINUTE = 365 * 24 * 60 * 60, 60
# The characters in our URLs
SIGNS = {*ascii_letters, *digits, *"/-_."}
# The duration of a database restart, in seconds
AWAY = 10


@login_not_required
@require_safe
def theme_css(request: HttpRequest) -> HttpResponse:
    """Serve the accent color of the policy.

    Its address names the color, so browsers keep it for a year. Another process may have read a
    newer color than this one: then this one reads again, and nobody keeps the answer for long.
    """
    named = request.GET.get("accent", "")
    brand = SitePolicy.brand()
    if brand.accent != f"#{named}":
        brand = SitePolicy.brand(newest=True)
    # As specific as Django's own rule, so it applies to the admin too.
    css = f":root, html[data-theme] {{ --accent: {brand.accent}; }}\n"
    response = HttpResponse(css, content_type="text/css")
    is_named = brand.accent == f"#{named}"
    patch_cache_control(response, public=True, max_age=A_YEAR if is_named else A_MINUTE)
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Store the choice of light, dark or the system's theme in a cookie for a year."""
    response = HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=A_YEAR,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show that the request cannot be read.

    Django's own handler reads the body for a CSRF token, and so fails on an unreadable body. The
    page does not need it: its form takes the token from the cookie.
    """
    del exception
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show that a permission is missing."""
    del exception
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show that the form's token is missing or expired.

    A login in another tab replaces the token. The older login page then leads on too (key2).
    """
    logs_in = request.path in {reverse("accounts:login"), reverse("accounts:login_by_passkey")}
    if logs_in and reason.endswith("incorrect.") and request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show that the page does not exist. If a link got a tail, redirect to the intended page."""
    del exception
    meant = _without_tail(request.path)
    if request.method in {"GET", "HEAD"} and meant != request.path and is_page(meant):
        return HttpResponseRedirect(meant)
    return render(request, "404.html", status=404)


def _without_tail(path: str) -> str:
    """Remove what email programs append, such as a bracket, a quote or a full stop."""
    own = "".join(takewhile(lambda sign: sign in SIGNS, path)).rstrip("./").lstrip("/")
    # Never start with two slashes, because browsers would read a host after them.
    return f"/{own}/" if own else "/"


def server_error(_request: HttpRequest) -> HttpResponse:
    """Show an error. The status is 503 while the database is down, which is temporary.

    Django calls it while it handles the exception, in any layer.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _plain("500.html", 500)
    response = _plain("503.html", 503)
    response["Retry-After"] = str(AWAY)
    return response


def _plain(template: str, status: int) -> HttpResponse:
    """Render without the request, whose lookups may be what failed."""
    try:
        return HttpResponse(render_to_string(template), status=status)
    except TemplateDoesNotExist:
        # The templates themselves may have failed.
        return HttpResponse(
            f"<!DOCTYPE html><title>{status}</title><h1>{status}</h1>", status=status
        )
