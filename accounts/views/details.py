"""The person's own pages: home, My Details, the password."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import passwords
from accounts.forms import DetailsForm, NewPasswordForm, PasswordForm
from accounts.models import User
from mfa import audit, browsers, factors, recovery
from mfa.guards import fresh, fresh_in_pause
from mfa.models import Factor

LAST_EVENTS = 5


class SignedIn(HttpRequest):
    """A request behind the login."""

    user: User


@never_cache
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Welcome the person: how they log in, and what happened last."""
    held = factors.held_by(request.user)
    codes = _newest(held, Factor.Kind.RECOVERY_CODES)
    context = {
        "bare": not held,
        **_second_step(request.user, held),
        "left": recovery.left(codes) if codes else None,
        "few": recovery.FEW,
        "last_events": audit.events_of(request.user)[:LAST_EVENTS],
    }
    return render(request, "home.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: SignedIn) -> HttpResponse:
    """My Details: the name, the language and the second step's phone."""
    person = User.objects.get(pk=request.user.pk)
    form = DetailsForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        return redirect(f"{reverse('accounts:details')}?saved=details")
    context = {
        "form": form,
        "person": person,
        **_second_step(request.user, factors.held_by(request.user)),
    }
    return render(request, "accounts/details.html", context)


@login_not_required
@never_cache
@require_safe
def change_password(_request: HttpRequest) -> HttpResponse:
    """Lead a password manager to the page; the login comes in between where it must."""
    return redirect("accounts:password")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def password(request: SignedIn) -> HttpResponse:
    """Change the password; all other sessions end, and the mailbox is told."""
    form = PasswordForm(request, request.user)
    if form.is_valid():
        return _change_password(request, form.cleaned_data["new_password1"])
    return render(request, "accounts/password.html", {"form": form})


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_in_pause
def renew(request: SignedIn) -> HttpResponse:
    """Take the new password that an administrator asked for; nothing else answers before (PW-06).

    The present one is not asked again: the login that led here took it a moment ago. Where a pause
    asked for nothing else, that is not enough.
    """
    if not request.user.password_expired:
        return redirect("accounts:password")
    form = NewPasswordForm(request.user, request.POST or None)
    if form.is_valid():
        return _change_password(request, form.cleaned_data["new_password1"])
    return render(request, "accounts/renew.html", {"form": form})


def _second_step(user: User, held: list[Factor]) -> dict[str, object]:
    """What proves the person at a login, and whether it is asked."""
    return {
        "app": _newest(held, Factor.Kind.APP),
        "phone": _newest(held, Factor.Kind.PHONE),
        "demanded": user.mfa_policy.demanded,
    }


def _newest(held: list[Factor], kind: Factor.Kind) -> Factor | None:
    return next((factor for factor in held if factor.kind == kind), None)


def _change_password(request: SignedIn, password: str) -> HttpResponse:
    if not passwords.change(request, request.user, password):
        # Another session was first, and its change has ended this one.
        return redirect("accounts:login")
    response = redirect(f"{reverse('accounts:details')}?saved=password")
    browsers.remember(request, response, request.user)
    return response
