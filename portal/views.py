"""The pages that belong to no app: the accent color, the choice of theme, and what broke."""

import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.defaults import server_error as broken

from mfa.destinations import safe_next
from portal.context import THEME_COOKIE, THEMES
from portal.looks import accent_css

A_YEAR = 365 * 24 * 60 * 60
# What a restart of the database takes, in seconds
AWAY = 10


@login_not_required
@cache_control(public=True, max_age=3600)
@require_safe
def theme_css(_request: HttpRequest) -> HttpResponse:
    """Serve the accent color that the operator chose."""
    return HttpResponse(accent_css(settings.PORTAL_ACCENT), content_type="text/css")


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the person's choice of light, dark or the system's own in a cookie for a year."""
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


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke; 503 while the database is away, which ends by itself.

    Django calls it while it handles the exception, in whatever layer that was raised.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return broken(request)
    response = broken(request, "503.html")
    response.status_code = 503
    response["Retry-After"] = str(AWAY)
    return response
