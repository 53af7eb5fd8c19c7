"""Authenticator apps: the choice of a first method, and the setup of an app."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from mfa import login
from mfa.challenges import Outcome
from mfa.factors import to_enroll, totp
from mfa.factors.totp import NewApp
from mfa.forms.apps import NewAppForm
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh, on_step
from mfa.login.redirects import account_page
from mfa.models import AbstractMfaUser, Factor
from mfa.rules.methods import Method
from mfa.rules.steps import Step
from mfa.sessions.devices import recognize
from mfa.sessions.proofs import keep_alive
from mfa.views.pages import refused, show, uncompressed
from mfa.views.qr import drawn


@on_step(Step.ENROLL, Step.OFFER)
@require_safe
def enroll(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Offer the methods for a second step (PS-01)."""
    context = {
        "kinds": to_enroll(flow.user.mfa_policy.offered),
        "may_skip": flow.step is Step.OFFER,
        "set_up_again": flow.facts.outdated,
        "deadline": flow.user.mfa_policy.deadline,
    }
    return show(request, "mfa/enroll.html", context, user=flow.user)


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
@uncompressed
@sensitive_variables()
def enroll_app(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Set up an app as the first factor."""
    if Method.APP not in flow.user.mfa_policy.offered:
        return redirect(login.page_of(flow))
    new, form = _posted(request)
    if new and form.is_valid():
        code, name = form.cleaned_data["code"], form.cleaned_data["name"]
        add = partial(totp.add, flow.user, new, code, name=name, client=flow.client)
        result = flow.bind(Method.APP, add)
        if result.outcome is Outcome.RIGHT:
            NewApp.drop(request.session)
        if result.leads_on:
            return login.advance(flow)
        form.refuse_new(result)
    context = _context(new, form, flow.user)
    context["other_ways"] = len(to_enroll(flow.user.mfa_policy.offered)) > 1
    return show(request, "mfa/enroll_app.html", context, user=flow.user)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@uncompressed
@sensitive_variables()
def add_app(request: SignedIn) -> HttpResponse:
    """Set up one more app (EN-03)."""
    user = request.user
    if Method.APP in user.mfa_policy.offered and totp.are_enough(user):
        return show(request, "mfa/add_app.html", {"most": totp.MOST_APPS}, user=user)
    return _set_up(request, "mfa/add_app.html")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@uncompressed
@sensitive_variables()
def replace_app(request: SignedIn, pk: int) -> HttpResponse:
    """Set up an app again, on another phone. The old one ends (E12)."""
    apps = Factor.objects.usable().filter(user_id=request.user.pk, kind=Factor.Kind.APP)
    return _set_up(request, "mfa/replace_app.html", get_object_or_404(apps, pk=pk))


@sensitive_variables()
def _set_up(request: SignedIn, template: str, former: Factor | None = None) -> HttpResponse:
    """Show a new secret, and add its app after the right code."""
    user = request.user
    if Method.APP not in user.mfa_policy.offered:
        raise Http404
    new, form = _posted(request, former.name if former else "")
    lockout = None
    if new and form.is_valid():
        try:
            if _add(request, new, form, former):
                return redirect(f"{reverse(account_page('details'))}?saved=app")
        except TooMany as too_many:
            lockout = too_many
            form.lock(lockout.until)
    context = {"former": former, **_context(new, form, user)}
    return refused(show(request, template, context, user=user), lockout)


@sensitive_variables()
def _add(request: SignedIn, new: NewApp, form: NewAppForm, former: Factor | None) -> bool:
    """Add the app of a right code. Raises TooMany during a lockout."""
    user = request.user
    code, name = form.cleaned_data["code"], form.cleaned_data["name"]
    client = recognize(request, user)
    result = totp.add(user, new, code, name=name, client=client, former=former)
    if result.outcome is Outcome.RIGHT:
        NewApp.drop(request.session)
        keep_alive(request, user)
        return True
    form.refuse_new(result)
    return False


def _posted(request: HttpRequest, known: str = "") -> tuple[NewApp | None, NewAppForm]:
    """Return the secret to show, or None, and the form beside it.

    Only the button draws a secret. It is shown until a right code is entered, and a reopened page
    shows none (TO-01).
    """
    if "code" in request.POST and (shown := NewApp.load(request.session)):
        return shown, NewAppForm(request.POST)
    name = {"name": known or gettext("Authenticator app")}
    new = NewApp.draw(request.session) if request.method == "POST" else None
    return new, NewAppForm(initial=name)


@sensitive_variables()
def _context(new: NewApp | None, form: NewAppForm, user: AbstractMfaUser) -> dict[str, object]:
    if new is None:
        return {}
    address = new.address_for(user)
    return {"form": form, "secret": new.text, "address": address, "qr": drawn(address)}
