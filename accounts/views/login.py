"""Logging in with a password, and out."""

from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import passwords
from accounts.forms import LoginForm
from mfa import audit, kept, login as second_step, origin as origins
from mfa.counters import TooMany
from mfa.destinations import safe_next
from mfa.models import Event
from mfa.views.pages import refused


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Prove the password, then hand over to the second step."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request, next_url))
    form = LoginForm(request.POST or None, initial={"email": _prefill(request)})
    refusal = None
    if form.is_valid():
        try:
            user = passwords.prove(request, **form.cleaned_data)
        except TooMany as too_many:
            refusal = too_many
        else:
            if user:
                return second_step.begin(request, user, next_url)
            form.say_wrong()
    context = {
        "form": form,
        "next": next_url,
        "notice": "" if request.method == "POST" else request.GET.get("notice", ""),
        "refused_until": refusal and refusal.until,
    }
    return refused(render(request, "accounts/login.html", context), refusal)


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session, if one is left; browsers keep no page, since all are no-store (SS-04)."""
    if request.user.is_authenticated:
        audit.record(Event.LOGGED_OUT, request.user, origin=origins.of(request))
    end_session(request)
    return redirect("accounts:login")


def _prefill(request: HttpRequest) -> str:
    return kept.text_of(request.session, second_step.PREFILL)
