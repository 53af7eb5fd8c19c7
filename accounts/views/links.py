"""Emailed links that do not work, or that an email program changed."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import links
from accounts.people.links import Dead

RESET, EMAIL, WARNING = "accounts:reset", "accounts:confirm_email", "accounts:confirm_warning"
REPORT, INVITATION = "accounts:report", "accounts:invitation"
RECOVERY_EMAIL = "accounts:confirm_recovery_email"
RECOVERY, PASS = "accounts:stop_recovery", "accounts:confirm_pass"


def dead(request: HttpRequest, page: str, uid: str, token: str) -> HttpResponse:
    """Show why a link of the right format does not work, and what to do."""
    return because(request, page, links.why_dead(User.objects.named_by(uid), uid, token))


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_reset(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle a reset link that an email program cut, changed or extended."""
    return _without_tail(request, RESET, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_email(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle an email link that an email program cut, changed or extended."""
    return _without_tail(request, EMAIL, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_warning(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle a warning link that an email program cut, changed or extended."""
    return _without_tail(request, WARNING, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_report(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle a notice's link that an email program cut, changed or extended."""
    return _without_tail(request, REPORT, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_invitation(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle an invitation's link that an email program cut, changed or extended."""
    return _without_tail(request, INVITATION, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_recovery(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle the link of a lost phone that an email program cut, changed or extended."""
    return _without_tail(request, RECOVERY, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_pass(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle the link of a one-time pass that an email program cut, changed or extended."""
    return _without_tail(request, PASS, tail)


@login_not_required
@never_cache
@sensitive_variables("tail")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_recovery_email(request: HttpRequest, tail: str) -> HttpResponse:
    """Handle the link of a recovery email that an email program cut, changed or extended."""
    return _without_tail(request, RECOVERY_EMAIL, tail)


def _without_tail(request: HttpRequest, page: str, tail: str) -> HttpResponse:
    """Redirect to the URL without its tail, or show that it is broken."""
    parts = links.parts_of(tail)
    return redirect(page, *parts) if parts else because(request, page, Dead.BROKEN)


def because(request: HttpRequest, page: str, why: Dead) -> HttpResponse:
    """Render the page of a link that opens nothing."""
    context = {"why": why, "page": page}
    status = 404 if why is Dead.BROKEN else 410
    return render(request, "accounts/dead_link.html", context, status=status)
