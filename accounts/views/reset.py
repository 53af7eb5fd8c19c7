"""A forgotten password: the mail, its link, and the new password."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import resets
from accounts.forms import ForgotForm, NewPasswordForm
from accounts.links import Link
from accounts.models import User
from accounts.views import links
from mfa import browsers, login as second_step


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Take an email and say the same whoever has it (LG-03). Raises TooMany."""
    form = ForgotForm(request.POST or None)
    if form.is_valid():
        resets.ask(request, form.cleaned_data["email"])
        return redirect(f"{reverse('accounts:forgot')}?notice=sent")
    notice = "" if request.method == "POST" else request.GET.get("notice", "")
    return render(request, "accounts/forgot.html", {"form": form, "notice": notice})


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show a button: mail scanners open links, so only its POST begins anything (RV-01)."""
    held = User.objects.by_link(uid, token)
    if held is None or held[1] not in {Link.RESET, Link.SET}:
        return links.dead(request, links.RESET, uid, token)
    user, link = held
    if request.method == "POST":
        return second_step.begin_reset(request, user)
    return render(request, "accounts/reset.html", {"link": link})


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Take the new password of a person who came by a link and proved the second step."""
    walk = second_step.opened_reset(request)
    if walk is None:
        return redirect(f"{reverse('accounts:forgot')}?notice=ended")
    form = NewPasswordForm(walk.user, request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/new_password.html", {"form": form, "person": walk.user})
    if not resets.finish(walk, form.cleaned_data["new_password1"]):
        return redirect(f"{reverse('accounts:forgot')}?notice=ended")
    response = redirect(f"{reverse('accounts:login')}?notice=reset")
    # No stranger any more: what others tried must not keep the owner from logging in now (LG-02).
    browsers.remember(request, response, walk.user)
    return response
