"""Passkeys: the second step with one, the setup of the first one, and of further ones."""

from functools import partial

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mfa import factors, login
from mfa.challenges import Outcome
from mfa.factors import address, passkey as passkeys
from mfa.forms.names import FactorNameForm
from mfa.forms.passkeys import refusal_words
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh, on_step
from mfa.models import AbstractMfaUser
from mfa.rules.methods import ChannelName, Method
from mfa.rules.passkeys import Refused
from mfa.rules.steps import Step
from mfa.sessions.devices import recognize
from mfa.sessions.proofs import keep_alive, text_of
from mfa.views.mailbox import losing
from mfa.views.pages import out_of_order, place_context, show

# What ties challenges to a session outside of a flow
KEY = "mfa_passkeys"
BAD_REQUEST = 400


@on_step(Step.ANSWER, Step.CHOOSE)
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Verify an answer by one of the person's passkeys."""
    if (route := flow.route_by(ChannelName.PASSKEY)) is None:
        return redirect(login.page_of(flow))
    refusal = None
    if request.method == "POST":
        try:
            if flow.verify(request.POST.get("credential", ""), by=route).leads_on:
                return login.advance(flow)
        except Refused as refused:
            refusal = refused
    others = [each for each in flow.facts.routes if each != route]
    context = {
        "purpose": flow.purpose,
        "losing": losing(flow),
        "ways": len(flow.facts.routes),
        "text_route": next((r for r in others if r.channel is ChannelName.SMS), None),
        "spare": flow.recovery_codes is not None,
        **form_context(request, "mfa:passkey_options", refusal),
        **out_of_order(flow),
    }
    return _shown(request, "mfa/passkey.html", context, flow.user, refusal)


@on_step(Step.ANSWER, Step.CHOOSE)
@require_POST
def passkey_options(_request: HttpRequest, flow: Flow) -> HttpResponse:
    """Return what the browser needs to ask this person's passkeys."""
    if flow.route_by(ChannelName.PASSKEY) is None:
        raise Http404
    nonce, purpose = flow.pending.nonce, flow.purpose
    return JsonResponse(
        passkeys.options_to_answer(flow.user, nonce=nonce, purpose=purpose, client=flow.client)
    )


@on_step(Step.ENROLL, Step.OFFER)
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_passkey(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Set up a passkey as the first factor."""
    if Method.PASSKEY not in flow.user.mfa_policy.offered:
        return redirect(login.page_of(flow))
    form, refusal = FactorNameForm(request.POST or None), None
    if form.is_valid():
        try:
            new = passkeys.read_new(
                flow.user,
                request.POST.get("credential", ""),
                nonce=flow.pending.nonce,
                client=flow.client,
            )
            name = form.cleaned_data["name"]
            add = partial(passkeys.add, flow.user, new, name=name, client=flow.client)
            if flow.bind(Method.PASSKEY, add).leads_on:
                return login.advance(flow)
            return redirect(login.page_of(flow))
        except Refused as refused:
            refusal = refused
    context = {
        "form": form,
        "other_ways": len(factors.to_enroll(flow.user.mfa_policy.offered)) > 1,
        **form_context(request, "mfa:enroll_passkey_options", refusal),
    }
    return _shown(request, "mfa/enroll_passkey.html", context, flow.user, refusal)


@on_step(Step.ENROLL, Step.OFFER)
@require_POST
def enroll_passkey_options(_request: HttpRequest, flow: Flow) -> HttpResponse:
    """Return what the browser needs to make the first passkey."""
    if Method.PASSKEY not in flow.user.mfa_policy.offered:
        raise Http404
    nonce = flow.pending.nonce
    return JsonResponse(passkeys.options_to_add(flow.user, nonce=nonce, client=flow.client))


@never_cache
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
def add_passkey(request: SignedIn) -> HttpResponse:
    """Add a passkey to the other factors (EN-03)."""
    user = request.user
    if Method.PASSKEY not in user.mfa_policy.offered:
        raise Http404
    if passkeys.are_enough(user):
        return show(request, "mfa/add_passkey.html", {"most": passkeys.MOST_PASSKEYS}, user=user)
    form, refusal = FactorNameForm(request.POST or None), None
    if form.is_valid():
        try:
            return _add(request, form.cleaned_data["name"])
        except Refused as refused:
            refusal = refused
    context = {"form": form, **form_context(request, "mfa:add_passkey_options", refusal)}
    return _shown(request, "mfa/add_passkey.html", context, user, refusal)


def _add(request: SignedIn, name: str) -> HttpResponse:
    user, client = request.user, recognize(request, request.user)
    typed, nonce = request.POST.get("credential", ""), nonce_of(request.session)
    new = passkeys.read_new(user, typed, nonce=nonce, client=client)
    result = passkeys.add(user, new, name=name, client=client)
    if result.outcome is Outcome.EXPIRED:
        # Another session changed the person first, which ended this session.
        return redirect(settings.LOGIN_URL)
    keep_alive(request, user)
    return redirect(f"{reverse('mfa:security')}?done=passkey")


@never_cache
@require_POST
@fresh(binding=True, back="mfa:add_passkey")
def add_passkey_options(request: SignedIn) -> HttpResponse:
    """Return what the browser needs to make another passkey."""
    user = request.user
    if Method.PASSKEY not in user.mfa_policy.offered or passkeys.are_enough(user):
        raise Http404
    nonce, client = nonce_of(request.session), recognize(request, user)
    return JsonResponse(passkeys.options_to_add(user, nonce=nonce, client=client))


def nonce_of(session: SessionBase) -> str:
    """Return what ties challenges to this session, and keep it there."""
    if not text_of(session, KEY):
        session[KEY] = get_random_string(32)
    return text_of(session, KEY)


def form_context(request: HttpRequest, options: str, refusal: Refused | None) -> dict[str, object]:
    """Return what the form of a passkey needs: `options` is the name of the URL of its options."""
    return {"options": reverse(options), **refusal_context(request, refusal)}


def refusal_context(request: HttpRequest, refusal: Refused | None) -> dict[str, object]:
    """Return where passkeys work, and why one was refused."""
    words = refusal_words(refusal.check, address=address.origin()) if refusal else ""
    return {**place_context(request), "refusal": words}


def _shown(
    request: HttpRequest,
    template: str,
    context: dict[str, object],
    user: AbstractMfaUser,
    refusal: Refused | None,
) -> HttpResponse:
    page = show(request, template, context, user=user)
    if refusal:
        page.status_code = BAD_REQUEST
    return page
