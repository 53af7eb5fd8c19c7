"""Approval on a phone, on the computer: the number and the wait, and the setup of a phone."""

from functools import partial
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import factors, login
from mfa.challenges import Outcome
from mfa.channels import webpush
from mfa.factors import push as phones
from mfa.forms.names import FactorNameForm
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh, on_step
from mfa.login.pending import LIFE, PendingLogin
from mfa.login.redirects import account_page
from mfa.models import AbstractMfaUser, PushRequest
from mfa.rules.methods import ChannelName, Method
from mfa.rules.push import RequestState
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from mfa.sessions.devices import recognize
from mfa.sessions.proofs import keep_alive, text_of
from mfa.views.mailbox import losing
from mfa.views.pages import out_of_order, show, uncompressed
from mfa.views.push_words import state_words
from mfa.views.qr import drawn

# What ties a new phone to a session outside of a flow, and the code that its page shows
KEY, CODE = "mfa_new_phone", "mfa_new_phone_code"


@on_step(Step.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def push(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Show the number, and continue once the phone has approved."""
    if (page := login.page_of(flow)) != "mfa:push":
        return redirect(page)
    if request.method == "POST" and flow.verify("").leads_on:
        return login.advance(flow)
    asked = phones.current(flow.user.pk, nonce=flow.pending.nonce, purpose=flow.purpose)
    return _show_push(request, flow, asked)


@on_step(Step.ANSWER)
@require_POST
def push_again(_request: HttpRequest, flow: Flow) -> HttpResponse:
    """Send another request, which replaces the earlier one."""
    if login.page_of(flow) == "mfa:push":
        flow.resend()
    return redirect(login.page_of(flow))


@login_not_required
@never_cache
@require_safe
def push_status(request: HttpRequest) -> JsonResponse:
    """Return the state of a pending login's request, with one query."""
    pending = PendingLogin.load(request.session)
    oldest = timezone.now().timestamp() - LIFE.total_seconds()
    if pending is None or pending.start <= oldest:
        return _nothing()
    purpose = Purpose(pending.purpose)
    asked = phones.current(pending.user, nonce=pending.nonce, purpose=purpose)
    return _state(asked)


def _state(asked: PushRequest | None) -> JsonResponse:
    if asked is None:
        return _nothing()
    state = asked.state_at(timezone.now())
    return JsonResponse({"state": state, "words": state_words(state, asked.reached)})


def _nothing() -> JsonResponse:
    """Return a problem detail of RFC 9457 (WB-06)."""
    return JsonResponse(
        {"title": state_words(None, None), "status": HTTPStatus.NOT_FOUND},
        status=HTTPStatus.NOT_FOUND,
        content_type="application/problem+json",
    )


def _show_push(request: HttpRequest, flow: Flow, asked: PushRequest | None) -> HttpResponse:
    state = asked.state_at(timezone.now()) if asked else None
    others = [each for each in flow.facts.routes if each != flow.push]
    refused_until = flow.refused_until
    context = {
        "purpose": flow.purpose,
        "asked": asked,
        "waits": state is RequestState.OPEN,
        "state": state,
        "words": state_words(state, asked.reached if asked else None),
        "address": _web_app(),
        "forgot": reverse(account_page("forgot")),
        "text_route": next((r for r in others if r.channel is ChannelName.SMS), None),
        "ways": len(flow.facts.routes),
        "spare": flow.recovery_codes is not None,
        "losing": flow.purpose is Purpose.LOGIN and losing(flow),
        **out_of_order(flow),
    }
    refusal = TooMany(refused_until) if refused_until and state is not RequestState.OPEN else None
    return show(request, "mfa/push.html", context, user=flow.user, refusal=refusal)


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
@uncompressed
def enroll_push(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Set up a phone as the first factor."""
    methods = flow.user.mfa_policy.offered
    if Method.PUSH not in methods or not webpush.is_on():
        return redirect(login.page_of(flow))
    nonce = flow.pending.nonce
    form = FactorNameForm(request.POST or None)
    if "name" in request.POST and form.is_valid():
        name = form.cleaned_data["name"]
        add = partial(phones.add, flow.user, nonce=nonce, name=name, client=flow.client)
        if flow.bind(Method.PUSH, add).leads_on:
            return login.advance(flow)
        return redirect("mfa:enroll_push")
    context: dict[str, object] = {"other_ways": len(factors.to_enroll(methods)) > 1}
    return _set_up(
        request, "mfa/enroll_push.html", flow.user, nonce=nonce, form=form, context=context
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@uncompressed
def add_push(request: SignedIn) -> HttpResponse:
    """Add a phone to the other factors (EN-03)."""
    user = request.user
    if Method.PUSH not in user.mfa_policy.offered or not webpush.is_on():
        raise Http404
    if phones.are_enough(user):
        return show(request, "mfa/add_push.html", {"most": phones.MOST_PHONES}, user=user)
    # A GET does not write the session (WB-01).
    posted = request.method == "POST"
    nonce = nonce_of(request.session) if posted else text_of(request.session, KEY)
    form = FactorNameForm(request.POST or None)
    if "name" in request.POST and form.is_valid():
        name, client = form.cleaned_data["name"], recognize(request, user)
        if phones.add(user, nonce=nonce, name=name, client=client).outcome is Outcome.RIGHT:
            keep_alive(request, user)
            return redirect(f"{reverse('mfa:security')}?done=push")
        return redirect("mfa:add_push")
    return _set_up(request, "mfa/add_push.html", user, nonce=nonce, form=form, context={})


@login_not_required
@never_cache
@require_safe
def new_phone_status(request: HttpRequest) -> JsonResponse:
    """Return how far the setup of a phone in this session is."""
    user, nonce = _adding(request)
    device = phones.begun(user, nonce=nonce) if user and nonce else None
    if device is None:
        return _nothing()
    test = phones.test_of(device)
    if test is None:
        return JsonResponse({"state": "new", "words": ""})
    return _state(test)


def _adding(request: HttpRequest) -> tuple[int | None, str]:
    """Return the person of the session, and the nonce that ties the phone to it."""
    pending = PendingLogin.load(request.session)
    if pending is not None and not request.user.is_authenticated:
        return pending.user, pending.nonce
    return request.user.pk, text_of(request.session, KEY)


def _set_up(
    request: HttpRequest,
    template: str,
    user: AbstractMfaUser,
    *,
    nonce: str,
    form: FactorNameForm,
    context: dict[str, object],
) -> HttpResponse:
    """Show the QR code, then the number of the test, then the name. Only a POST draws a code."""
    refusal = None
    if request.method == "POST" and "name" not in request.POST:
        try:
            request.session[CODE] = phones.begin(user, nonce=nonce)
        except TooMany as too_many:
            refusal = too_many
    device = phones.begun(user.pk, nonce=nonce)
    test = phones.test_of(device) if device else None
    state = test.state_at(timezone.now()) if test else None
    code = text_of(request.session, CODE) if device and not test else ""
    if state is RequestState.APPROVED and device and not form.is_bound:
        form = FactorNameForm(initial={"name": device.words})
    context |= {
        "form": form,
        "device": device,
        "test": test,
        "state": state,
        "words": state_words(state, test.reached if test else None),
        "code": phones.grouped(code) if code else "",
        "qr": drawn(settings.BASE_URL + reverse("mfa:pair", args=[code])) if code else "",
        "address": _web_app(),
    }
    return show(request, template, context, user=user, refusal=refusal)


def _web_app() -> str:
    """Return the address of the web app, as people type it."""
    return settings.BASE_URL.partition("://")[2] + reverse("mfa:approvals")


def nonce_of(session: SessionBase) -> str:
    """Return what ties a new phone to this session, and keep it there."""
    if not text_of(session, KEY):
        session[KEY] = get_random_string(32)
    return text_of(session, KEY)
