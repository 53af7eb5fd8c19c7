"""Recovery codes: login with one, a new set, and its download."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mfa import login
from mfa.client import client_of
from mfa.factors import held_by
from mfa.factors.recovery_codes import AMOUNT, FEW, codes_of, left, make
from mfa.forms.recovery_codes import RecoveryCodeForm
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh, is_strong, on_step
from mfa.models import AbstractMfaUser, Factor
from mfa.rules.methods import Method
from mfa.rules.recovery import Misspelled, grouped, normalize
from mfa.rules.steps import Step
from mfa.sessions.proofs import keep_alive
from mfa.views.pages import out_of_order, show, uncompressed


@on_step(Step.ANSWER, Step.CHOOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_code(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Verify one of the person's codes."""
    if (route := flow.recovery_codes) is None:
        return redirect(login.page_of(flow))
    form = RecoveryCodeForm(request.POST or None)
    if form.is_valid():
        result = flow.verify(form.cleaned_data["code"], by=route)
        if result.leads_on:
            return login.advance(flow)
        form.refuse(result)
    context = {
        "form": form,
        "purpose": flow.purpose,
        "ways": len(flow.facts.routes),
        **out_of_order(flow),
    }
    return show(request, "mfa/recovery_code.html", context, user=flow.user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@uncompressed
def recovery_codes(request: SignedIn) -> HttpResponse:
    """Make a new set, and show it once (LK-01)."""
    if Method.RECOVERY_CODES not in request.user.mfa_policy.offered:
        raise Http404
    if request.user.ever_bound_at and not is_strong(request, request.user):
        # A code by email is too weak to make stronger codes (LK-01).
        raise PermissionDenied
    codes, refusal = None, None
    if request.method == "POST":
        try:
            codes = make(request.user, client=client_of(request))
        except TooMany as too_many:
            refusal = too_many
        else:
            if codes is None:
                # Another session changed the person first, which ended this session.
                return redirect(settings.LOGIN_URL)
            keep_alive(request, request.user)
    held = codes_of(request.user)
    context = {
        "codes": codes,
        **(about(request.user) if codes else {}),
        "left": left(held) if held else None,
        "restored": held is not None and held.restored_at is not None,
        "few": FEW,
        "download": reverse("mfa:recovery_codes_file"),
    }
    return show(request, "mfa/recovery_codes.html", context, user=request.user, refusal=refusal)


@never_cache
@sensitive_post_parameters("codes")
@require_POST
@uncompressed
def recovery_codes_file(request: SignedIn) -> HttpResponse:
    """Return the codes of the page as a file."""
    return as_file(request, request.user)


def about(user: AbstractMfaUser) -> dict[str, object]:
    """Return what the codes need on paper: owner, date, the other methods, and who helps."""
    methods = [held.masked for held in held_by(user) if held.kind != Factor.Kind.RECOVERY_CODES]
    return {
        "account": user.login_name,
        "made_at": timezone.now(),
        "methods": methods,
        "contact": user.mfa_policy.contact,
    }


def as_file(request: HttpRequest, user: AbstractMfaUser) -> HttpResponse:
    """Write the posted codes into a text file. They are in no URL and no cache.

    The server has only hashes, so the page posts what it shows.
    """
    codes = [normalize(code) for code in request.POST.getlist("codes")[:AMOUNT]]
    spelled = [grouped(code) for code in codes if not isinstance(code, Misspelled)]
    if len(spelled) != AMOUNT:
        return HttpResponseBadRequest()
    context = {"codes": spelled, "base_url": settings.BASE_URL, **about(user)}
    text = render_to_string("messages/recovery_codes.txt", context, request)
    headers = {"Content-Disposition": 'attachment; filename="recovery-codes.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
