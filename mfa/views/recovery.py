"""Recovery codes: logging in by one, making a new set, taking it along as a file."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mfa import login, origin as origins, questions, recovery
from mfa.counters import TooMany
from mfa.forms.codes import RecoveryCodeForm
from mfa.guards import SignedIn, fresh, on_step
from mfa.models import Protected
from mfa.rules.policy import Method
from mfa.rules.recovery import Misspelled, grouped, normalize
from mfa.rules.steps import Step
from mfa.sessions import keep_alive
from mfa.views.pages import out_of_order, show
from mfa.walk import Walk


@on_step(Step.ANSWER, Step.CHOOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_code(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Take one of the codes that the person has kept."""
    if walk.recovery_codes is None:
        return redirect(login.page_of(walk))
    form = RecoveryCodeForm(request.POST or None)
    if form.is_valid():
        judgement = questions.spend_code(walk, form.cleaned_data["code"])
        if judgement.leads_on:
            return login.proceed(walk)
        form.refuse(judgement)
    context = {
        "form": form,
        "aim": walk.aim,
        "ways": len(walk.facts.routes),
        **out_of_order(walk),
    }
    return show(request, "mfa/recovery_code.html", context, user=walk.user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
def recovery_codes(request: SignedIn) -> HttpResponse:
    """Make a new set and show it, this once (LK-01)."""
    if Method.RECOVERY_CODES not in request.user.mfa_policy.methods:
        raise Http404
    codes, refusal = None, None
    if request.method == "POST":
        try:
            codes = recovery.make(request.user, origin=origins.of(request))
        except TooMany as too_many:
            refusal = too_many
        else:
            if codes is None:
                # Another session was first, and its change has ended this one.
                return redirect("accounts:login")
            keep_alive(request, request.user)
    held = recovery.codes_of(request.user)
    context = {
        "codes": codes,
        **about(request.user),
        "left": recovery.left(held) if held else None,
        "restored": held is not None and held.restored_at is not None,
        "few": recovery.FEW,
        "download": reverse("mfa:recovery_codes_file"),
    }
    return show(request, "mfa/recovery_codes.html", context, user=request.user, refusal=refusal)


@never_cache
@sensitive_post_parameters("codes")
@require_POST
def recovery_codes_file(request: SignedIn) -> HttpResponse:
    """Give the codes that the page has just shown as a file."""
    return as_file(request, request.user)


def about(user: Protected) -> dict[str, object]:
    """Say whose codes these are and since when: on paper nothing else tells them apart."""
    return {"account": user.email, "made_at": timezone.now()}


def as_file(request: HttpRequest, user: Protected) -> HttpResponse:
    """Write the posted codes into a text file; they stand in no address and in no cache.

    The server has only hashes of them, so the page gives back what it shows.
    """
    codes = [normalize(code) for code in request.POST.getlist("codes")[: recovery.AMOUNT]]
    spelled = [grouped(code) for code in codes if not isinstance(code, Misspelled)]
    if len(spelled) != recovery.AMOUNT:
        return HttpResponseBadRequest()
    context = {"codes": spelled, "base_url": settings.BASE_URL, **about(user)}
    text = render_to_string("messages/recovery_codes.txt", context, request)
    headers = {"Content-Disposition": 'attachment; filename="recovery-codes.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
