"""Mailed links that open nothing, and those to which a mail program added something."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import links
from accounts.links import Dead
from accounts.models import User

RESET, EMAIL, WARNING = "accounts:reset", "accounts:confirm_email", "accounts:confirm_warning"


def dead(request: HttpRequest, page: str, uid: str, token: str) -> HttpResponse:
    """Say why a link of the right form opens nothing, and lead on."""
    return _dead(request, page, links.why_dead(User.objects.named_by(uid), uid, token))


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_reset(request: HttpRequest, tail: str) -> HttpResponse:
    """Take the address of a reset that a mail program cut, changed or added to."""
    return _without_tail(request, RESET, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_email(request: HttpRequest, tail: str) -> HttpResponse:
    """Take the address of a new email's link that a mail program cut, changed or added to."""
    return _without_tail(request, EMAIL, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_warning(request: HttpRequest, tail: str) -> HttpResponse:
    """Take the address of a warning's link that a mail program cut, changed or added to."""
    return _without_tail(request, WARNING, tail)


def _without_tail(request: HttpRequest, page: str, tail: str) -> HttpResponse:
    """Lead to the address without what no link of ours ends in, or say that it is broken."""
    parts = links.parts_of(tail)
    return redirect(page, *parts) if parts else _dead(request, page, Dead.BROKEN)


def _dead(request: HttpRequest, page: str, why: Dead) -> HttpResponse:
    context = {"why": why, "new_email": page == EMAIL, "warning": page == WARNING}
    status = 404 if why is Dead.BROKEN else 410
    return render(request, "accounts/dead_link.html", context, status=status)
