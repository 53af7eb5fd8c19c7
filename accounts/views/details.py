"""The person's own pages: home, My Details and the password."""

from operator import attrgetter

from django.contrib.auth.decorators import login_not_required
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms.details import DetailsForm
from accounts.forms.passwords import NewPasswordForm, PasswordForm
from accounts.models import Tile, User
from accounts.people import passwords
from accounts.views.requests import UserRequest
from mfa import closing, factors
from mfa.client import moment_of
from mfa.factors import recovery_codes
from mfa.limits.counters import TooMany
from mfa.login.guards import fresh
from mfa.models import Factor
from mfa.rules.methods import FIRST, RESISTANT, WAYS, Method
from mfa.rules.number_formats import international
from mfa.sessions import devices
from mfa.views.nudge import nudge_context
from mfa.views.pages import refused


@never_cache
@require_safe
def home(request: UserRequest) -> HttpResponse:
    """The home page: what the person needs to do, and the links of this portal."""
    user, known = request.user, factors.known_of(request.user)
    held = [factor for factor in known if factor.is_usable]
    codes = _first(held, Factor.Kind.RECOVERY_CODES)
    left = recovery_codes.left(codes) if codes else None
    is_strong = any(factor.kind in RESISTANT for factor in held)
    lost = user.recovery_ready_at
    tasks = {
        "lost": lost if lost and user.phone_is_lost(moment_of(request)) else None,
        "set_up": user.is_superuser and not user.mfa_policy.demanded,
        "protect": not held and Method.PHONE in user.mfa_policy.offered,
        "stronger": None if is_strong else user.mfa_policy.passkeys_due,
        "renew_codes": left is not None and left <= recovery_codes.FEW,
    }
    due = {name: due for name, due in tasks.items() if due}
    context = {
        **_second_step(user, known),
        **({} if due else nudge_context(request, user, held)),
        "tasks": due,
        "left": left,
        # Most logins have nothing to say, and looking costs each of them.
        "told": SessionStorage.session_key in request.session,
        "tiles": Tile.objects.seen_by(user),
    }
    return render(request, "home.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: UserRequest) -> HttpResponse:
    """My Details: name, language, and the phone of the second step."""
    person = User.objects.get(pk=request.user.pk)
    form = DetailsForm(request.POST or None, instance=person)
    if form.is_valid():
        form.save()
        return redirect(f"{reverse('accounts:details')}?saved=details")
    context = {
        "form": form,
        "person": person,
        "may_close": closing.may_close(request.user),
        **_second_step(request.user, factors.known_of(request.user)),
    }
    return render(request, "accounts/details.html", context)


@login_not_required
@never_cache
@require_safe
def change_password(_request: HttpRequest) -> HttpResponse:
    """Redirect a password manager to the page, if needed by way of the login."""
    return redirect("accounts:password")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def password(request: UserRequest) -> HttpResponse:
    """Change the password, end all other sessions, and notify the email address."""
    form = PasswordForm(request.user, request.POST or None)
    lockout = _check(request, form)
    if form.is_valid():
        return _change_password(request, form.cleaned_data["new_password1"])
    return refused(render(request, "accounts/password.html", {"form": form}), lockout)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(either=True)
def renew(request: UserRequest) -> HttpResponse:
    """Set the new password that an administrator required. No other page opens before (PW-06).

    It does not ask for the current password, which the login or a step-up has just verified. After
    a login during a pause this is not enough.
    """
    if not request.user.password_expired:
        return redirect("accounts:password")
    form = NewPasswordForm(request.user, request.POST or None)
    refusal = refuse_present(form)
    if form.is_valid():
        return _change_password(request, form.cleaned_data["new_password1"])
    return refused(render(request, "accounts/renew.html", {"form": form}), refusal)


def refuse_present(form: NewPasswordForm) -> TooMany | None:
    """Show that a new password is the current one, or that too many were checked."""
    try:
        if form.new and passwords.is_present(form.user, form.new):
            form.say_present()
    except TooMany as refusal:
        form.lock(refusal.until)
        return refusal
    return None


def _check(request: UserRequest, form: PasswordForm) -> TooMany | None:
    """Show a wrong current password or a lockout, which is returned."""
    try:
        if form.old and not passwords.confirm(request, request.user, form.old):
            form.say_wrong()
        elif form.new and form.new == form.old:
            form.say_present()
    except TooMany as lockout:
        form.lock(lockout.until)
        return lockout
    return None


def _second_step(user: User, known: list[Factor]) -> dict[str, object]:
    """Return what the person logs in with, and whether a second step is needed."""
    held = [factor for factor in known if factor.is_usable]
    phone, mailbox = (_first(held, kind) for kind in (Factor.Kind.PHONE, Factor.Kind.EMAIL))
    kinds = [factors.KINDS[way] for way in WAYS if _first(held, Factor.Kind(way))]
    said = [kind.words for kind in kinds if kind.words.logs_in]
    return {
        "saved": international(waiting) if (waiting := factors.waiting_number(known)) else "",
        "logs_in": next(iter(said), None),
        "backup": next((words.backup for words in said[1:] if words.backup), None),
        "phone": phone,
        "mailbox": mailbox,
        "kept": phone or next((factor for factor in held if factor.kind in FIRST), None),
        "asks": user.mfa_policy.asks,
    }


def _first(held: list[Factor], kind: Factor.Kind) -> Factor | None:
    """Return the preferred factor of a kind, or the newest."""
    fitting = (factor for factor in held if factor.kind == kind)
    return max(fitting, key=attrgetter("preferred"), default=None)


def _change_password(request: UserRequest, password: str) -> HttpResponse:
    if not passwords.change(request, request.user, password):
        # Another session changed the person first, which ended this session.
        return redirect("accounts:login")
    response = redirect(f"{reverse('accounts:details')}?saved=password")
    devices.remember(request, response, request.user)
    return response
