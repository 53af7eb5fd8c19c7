"""Login with a password, and logout."""

from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms.login import LOGIN_FORMS, LoginForm
from accounts.models import User
from accounts.people import passwords
from mfa import audit, factors, login as second_step
from mfa.client import client_of
from mfa.limits import counters
from mfa.limits.counters import TooMany
from mfa.login.redirects import safe_next
from mfa.models import Event, SitePolicy
from mfa.sessions.proofs import text_of
from mfa.views.pages import place_context, show_locked


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Verify the password, then start the second step."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request, next_url))
    form = form_of(request, request.POST or None)
    if form.is_valid():
        # Give back the password's reservation in the same statement that counts the code.
        with counters.late_returns():
            try:
                user = passwords.prove(request, *form.typed)
            except TooMany as refusal:
                return show_lockout(request, refusal)
            if user:
                return second_step.begin(request, user, _first_task(user, next_url))
            form.say_wrong()
    return show_login(request, form, next_url)


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session, if there is one. All pages are no-store, so browsers keep none (SS-04)."""
    if request.user.is_authenticated:
        audit.record(Event.LOGGED_OUT, request.user, client=client_of(request))
    end_session(request)
    return redirect("accounts:login")


def form_of(request: HttpRequest, data: QueryDict | None = None) -> LoginForm:
    """Return the form for the names that this portal takes."""
    return LOGIN_FORMS[SitePolicy.brand().login_with](data, _prefill(request))


def show_login(request: HttpRequest, form: LoginForm, next_url: str) -> HttpResponse:
    """Show the page, with what happened before."""
    notice = "" if request.method == "POST" else request.GET.get("notice", "")
    context = {
        "form": form,
        "next": next_url,
        "notice": notice,
        "set_up": factors.noticed(notice),
        **place_context(request),
    }
    return render(request, "accounts/login.html", context)


def show_lockout(request: HttpRequest, refusal: TooMany) -> HttpResponse:
    """Show until when nobody can log in from here."""
    contact = SitePolicy.objects.values_list("contact", flat=True).first() or ""
    return show_locked(request, {}, until=refusal.until, contact=contact)


def _first_task(user: User, next_url: str) -> str:
    """Return the checklist instead of the home page for a superuser until MFA was enabled once."""
    to_home = next_url in {"", reverse("home")}
    if to_home and user.is_superuser and SitePolicy.load().first_enabled_at is None:
        return reverse("admin:index")
    return next_url


def _prefill(request: HttpRequest) -> str:
    return text_of(request.session, second_step.PREFILL)
