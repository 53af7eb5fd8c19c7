"""The pages that belong to no app: the accent color, the choice of theme, and what broke."""

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
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from mfa.destinations import is_page, safe_next
from portal.context import THEME_COOKIE, THEMES
from portal.looks import accent_css

A_YEAR = 365 * 24 * 60 * 60
# Of which our addresses are made
SIGNS = {*ascii_letters, *digits, *"/-_."}
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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request cannot be read.

    Django's own handlers look for a CSRF token in the body, and so fail on the body that they are
    called for. Pages need none: a form on them takes its token from the cookie.
    """
    del exception
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that a permission is missing."""
    del exception
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form's token is missing or old."""
    del reason
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page; lead to the one that was meant where a link got a tail."""
    del exception
    meant = _without_tail(request.path)
    if request.method in {"GET", "HEAD"} and meant != request.path and is_page(meant):
        return HttpResponseRedirect(meant)
    return render(request, "404.html", status=404)


def _without_tail(path: str) -> str:
    """Drop what mail programs add, such as a bracket, a quote or a full stop."""
    own = "".join(takewhile(lambda sign: sign in SIGNS, path)).rstrip("./").lstrip("/")
    # Never two slashes at the start: a browser would read a host after them.
    return f"/{own}/" if own else "/"


def server_error(_request: HttpRequest) -> HttpResponse:
    """Say that something broke; 503 while the database is away, which ends by itself.

    Django calls it while it handles the exception, in whatever layer that was raised.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _plain("500.html", 500)
    response = _plain("503.html", 503)
    response["Retry-After"] = str(AWAY)
    return response


def _plain(template: str, status: int) -> HttpResponse:
    """Render without the request: what it would look up may be what broke."""
    try:
        return HttpResponse(render_to_string(template), status=status)
    except TemplateDoesNotExist:
        # What broke may be the templates themselves.
        return HttpResponse(
            f"<!DOCTYPE html><title>{status}</title><h1>{status}</h1>", status=status
        )
