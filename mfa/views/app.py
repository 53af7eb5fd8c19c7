"""Authenticator apps: the choice of a first way, and setting an app up."""

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from mfa import login, origin as origins, questions, totp
from mfa.answers import Answer
from mfa.forms.codes import NewAppForm
from mfa.guards import SignedIn, fresh, on_step
from mfa.models import Protected
from mfa.rules.policy import Method
from mfa.rules.steps import Step
from mfa.sessions import keep_alive
from mfa.totp import NewApp
from mfa.views.pages import show
from mfa.walk import Walk


@on_step(Step.ENROLL, Step.OFFER)
@require_safe
def enroll(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Offer the ways to set up a second step (PS-01)."""
    methods = walk.user.mfa_policy.methods
    context = {
        "phone": Method.PHONE in methods,
        "app": Method.APP in methods,
        "may_skip": walk.step is Step.OFFER,
    }
    return show(request, "mfa/enroll.html", context, user=walk.user)


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables()
def enroll_app(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Set up an app as the first factor."""
    if Method.APP not in walk.user.mfa_policy.methods:
        return redirect(login.page_of(walk))
    new, form = _posted(request)
    if new and form.is_valid():
        code, name = form.cleaned_data["code"], form.cleaned_data["name"]
        judgement = questions.add_app(walk, new, code, name)
        if judgement.answer is Answer.RIGHT:
            NewApp.drop(request.session)
        if judgement.leads_on:
            return login.proceed(walk)
        form.refuse_new(judgement)
    return show(request, "mfa/enroll_app.html", _context(new, form, walk.user), user=walk.user)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@sensitive_variables()
def add_app(request: SignedIn) -> HttpResponse:
    """Set up one more app (EN-03)."""
    user = request.user
    if Method.APP not in user.mfa_policy.methods:
        raise Http404
    if totp.are_enough(user):
        return show(request, "mfa/add_app.html", {"most": totp.MOST_APPS}, user=user)
    new, form = _posted(request)
    if new and form.is_valid():
        code, name = form.cleaned_data["code"], form.cleaned_data["name"]
        here = origins.of(request, user)
        judgement = totp.add(user, new, code, name=name, origin=here)
        if judgement.answer is Answer.RIGHT:
            NewApp.drop(request.session)
            keep_alive(request, user)
            return redirect(f"{reverse('accounts:details')}?saved=app")
        form.refuse_new(judgement)
    return show(request, "mfa/add_app.html", _context(new, form, user), user=user)


def _posted(request: HttpRequest) -> tuple[NewApp | None, NewAppForm]:
    """Return the secret to show, if it is to be shown, and the form beside it.

    Only a press of the button draws one, and it is shown until a right code was entered; a page
    opened anew shows none (TO-01).
    """
    if "code" in request.POST and (shown := NewApp.load(request.session)):
        return shown, NewAppForm(request.POST)
    name = {"name": gettext("Authenticator app")}
    new = NewApp.draw(request.session) if request.method == "POST" else None
    return new, NewAppForm(initial=name)


@sensitive_variables()
def _context(new: NewApp | None, form: NewAppForm, user: Protected) -> dict[str, object]:
    if new is None:
        return {}
    address = new.address_for(user)
    return {"form": form, "secret": new.text, "address": address, "qr": _drawn(address)}


def _drawn(address: str) -> SafeString:
    """Draw a QR code as inline SVG: no picture leaves the machine or comes from elsewhere."""
    svg = segno.make(address, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(svg)  # noqa: S308 made of numbers alone
